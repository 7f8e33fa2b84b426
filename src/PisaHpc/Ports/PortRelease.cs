using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>
/// Takes leases back. Under the port's lock: unlink the job's name, which frees the port at once; then empty the file. A kill between the
/// two leaves a free port with a record that means nothing without its link. Whoever changes a link holds the lock of the port that it
/// stands for, so that what was judged is what is unlinked, and not a lease that the same job has taken since.
/// </summary>
internal sealed class PortRelease(PortDirectory directory, Action<PortStep>? afterStep)
{
    /// <summary>
    /// How old a claim by another host must be before its free lock is proof of death: a mount with local locks (NFS with nolock) shows
    /// the lock of another host's claimer as free while it lives. A claim takes milliseconds.
    /// </summary>
    private static readonly TimeSpan GraceForOtherHosts = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How old a lease must be before a batch system's list that lacks its job is proof of the job's end: the list may have been read
    /// before the job was submitted, and whoever compares it with the leases comes later.
    /// </summary>
    private static readonly TimeSpan GraceForLists = TimeSpan.FromMinutes(10);

    /// <summary>Takes back a job's lease.</summary>
    public ReleasedPort Release(string jobId, CancellationToken stop)
    {
        if (directory.Lock(directory.LinkOf(jobId), directory.Patience, stop) is not var (file, _))
        {
            return NotHeld(jobId);
        }

        using (file)
        {
            return Release(jobId, file);
        }
    }

    /// <summary>The same under a lock that the caller has.</summary>
    /// <param name="file">The locked port; if the job's link stands for another by now, that stays.</param>
    public ReleasedPort Release(string jobId, PortFile file) =>
        directory.Held(directory.LinkOf(jobId)) is { } held && held.Port == file.Port
            ? TakeBack(file, held, ReleaseReason.Requested)
            : NotHeld(jobId);

    /// <summary>What <see cref="Release(string, CancellationToken)"/> would take back now.</summary>
    public ReleasedPort Predict(string jobId) =>
        directory.Held(directory.LinkOf(jobId))?.ToReleasedPort(directory.Path, ReleaseReason.Requested) ?? NotHeld(jobId);

    /// <summary>Takes back a lease that nobody needs.</summary>
    /// <param name="link">The job's link.</param>
    /// <param name="isJobAlive">What the batch system says: null when it does not know.</param>
    /// <param name="unlink">Whether to take it back, and not only to say that it could be.</param>
    /// <returns>What was, or would be, taken back; null when it is needed, or when somebody is at the port this moment.</returns>
    public ReleasedPort? Reclaim(string link, DateTimeOffset now, Func<JobPort, bool?>? isJobAlive, bool unlink)
    {
        if (directory.Held(link) is not { } seen)
        {
            return null;
        }

        var alive = isJobAlive?.Invoke(seen.ToJobPort(directory.Path, now));
        if (ReasonToReclaim(seen, now, alive) is null)
        {
            return null;
        }

        using var file = directory.Open(seen);
        if (!file.TryLock()
            || directory.Held(link) is not { } held
            || held.Status.Identity != seen.Status.Identity
            || ReasonToReclaim(held, now, alive) is not { } reason)
        {
            return null;
        }

        return unlink ? TakeBack(file, held, reason) : held.ToReleasedPort(directory.Path, reason);
    }

    private ReleasedPort NotHeld(string jobId)
    {
        directory.Require();
        return new ReleasedPort { JobId = jobId, Reason = nameof(ReleaseReason.NotHeld), Path = directory.Path };
    }

    private ReleasedPort TakeBack(PortFile file, HeldPort held, ReleaseReason reason)
    {
        LinuxFile.TryUnlink(held.Link);
        afterStep?.Invoke(PortStep.Unlinked);
        file.ClearRecordOf(held.JobId);
        return held.ToReleasedPort(directory.Path, reason);
    }

    private static ReleaseReason? ReasonToReclaim(HeldPort held, DateTimeOffset now, bool? alive) => (held.StateAt(now), alive) switch
    {
        (LeaseState.Incomplete, _) => IsClaimerDead(held, now) ? ReleaseReason.Incomplete : null,
        (_, true) => null,
        (_, false) when now - (held.Record?.LeasedAt ?? held.Status.ChangedAt) > GraceForLists => ReleaseReason.JobEnded,
        (LeaseState.Expired, _) => ReleaseReason.Expired,
        _ => null,
    };

    /// <summary>
    /// Whether the claimer is dead, its port's lock being free: the kernel drops the lock of a process of this host that dies.
    /// </summary>
    private static bool IsClaimerDead(HeldPort held, DateTimeOffset now) =>
        held.Record?.Host == Environment.MachineName || now - held.Status.ChangedAt > GraceForOtherHosts;
}

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

    /// <summary>The job, what it held, and why it does no more.</summary>
    public override string ToString() => $"{(Port is null ? "no port" : $"port {Port}")} of job {JobId}: {Reason}";
}
