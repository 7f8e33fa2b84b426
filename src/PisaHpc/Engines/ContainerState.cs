namespace PisaHpc.Engines;

/// <summary>A container's state in the engine's words.</summary>
public enum ContainerState
{
    /// <summary>Created, not started.</summary>
    Created,

    /// <summary>Its main process runs.</summary>
    Running,

    /// <summary>Frozen.</summary>
    Paused,

    /// <summary>Between two runs.</summary>
    Restarting,

    /// <summary>On its way out.</summary>
    Removing,

    /// <summary>Its main process ended.</summary>
    Exited,

    /// <summary>The engine failed to remove it.</summary>
    Dead,
}
