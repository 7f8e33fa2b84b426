namespace PisaHpc.Ports;

/// <summary>The state of a port's lease.</summary>
public enum LeaseState
{
    /// <summary>Held by a job whose time has not run out.</summary>
    Leased,

    /// <summary>Its time has run out, or its job is known to have ended: it can be reclaimed.</summary>
    Expired,

    /// <summary>Its claimer died half-way: it can be reclaimed.</summary>
    Incomplete,
}
