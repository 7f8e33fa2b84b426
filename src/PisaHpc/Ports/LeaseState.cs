namespace PisaHpc.Ports;

/// <summary>The state of a port's lease.</summary>
public enum LeaseState
{
    /// <summary>Held by a job whose time has not run out.</summary>
    Leased,

    /// <summary>Its time has run out: it can be reclaimed.</summary>
    Expired,

    /// <summary>Claimed and not granted: its claimer is at it this moment, or died half-way and left it to be reclaimed.</summary>
    Incomplete,
}
