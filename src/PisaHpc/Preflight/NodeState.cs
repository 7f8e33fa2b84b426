namespace PisaHpc.Preflight;

/// <summary>Whether a node can take jobs in containers.</summary>
public enum NodeState
{
    /// <summary>The node and its engine answer.</summary>
    Ready,

    /// <summary>The node or its engine did not answer in time: slow, as at a first use and under load, or hanging.</summary>
    Slow,

    /// <summary>The node answers and its engine refuses to, is not there, or is too old.</summary>
    NoEngine,

    /// <summary>The node does not answer, refuses the login or its commands, or shows a host key that is not known.</summary>
    Unreachable,
}
