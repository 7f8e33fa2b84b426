namespace PisaHpc.Ports;

/// <summary>Why a lease was taken back.</summary>
public enum ReleaseReason
{
    /// <summary>There was nothing to take back: the job holds no port.</summary>
    NotHeld,

    /// <summary>It was asked for by the job's id.</summary>
    Requested,

    /// <summary>Its time had run out.</summary>
    Expired,

    /// <summary>Its claimer died half-way.</summary>
    Incomplete,

    /// <summary>Its batch system says that the job has ended.</summary>
    JobEnded,
}

/// <summary>A lease that was taken back, or that turned out to be gone already.</summary>
public sealed record ReleasedPort
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The port it held; null when it held none.</summary>
    public int? Port { get; init; }

    /// <summary>The login name of the job's owner; null when it held none.</summary>
    public string? Owner { get; init; }

    /// <summary>The job's nodes with their slots, as the lease had them; null when it named none.</summary>
    public string? NodeSlots { get; init; }

    /// <summary>Why: the word, one of <see cref="ReleaseReason"/>.</summary>
    public required string Reason { get; init; }

    /// <summary>The port area.</summary>
    public required string Path { get; init; }

    /// <summary>Whether this call changed anything: false when the job held no port.</summary>
    public bool Changed => Reason != nameof(ReleaseReason.NotHeld);
}
