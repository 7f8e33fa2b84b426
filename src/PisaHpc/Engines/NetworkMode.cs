namespace PisaHpc.Engines;

/// <summary>A container's network.</summary>
public enum NetworkMode
{
    /// <summary>The node's own: MPI daemons call back on any port.</summary>
    Host,

    /// <summary>The engine's bridge, with the job's port published.</summary>
    Bridge,
}
