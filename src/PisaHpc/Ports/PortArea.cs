using System.Net;
using PisaHpc.Posix;
using PisaHpc.Sites;

namespace PisaHpc.Ports;

/// <summary>
/// A directory, shared by all nodes, with one file for each port, named by its number. A job holds a port by a hard link <c>job-JOB</c> to
/// the port's file, so that <c>find AREA -links 1</c> lists the free ports, and nothing else ever has a single name in it. The record of a
/// lease is in the port's file itself.
/// </summary>
/// <remarks>
/// It needs Linux and a file system with hard links and flock(2) that reach all nodes (NFS, GPFS, Lustre with <c>-o flock</c>). The
/// instance holds no state: use it from any thread.
/// </remarks>
public sealed class PortArea
{
    /// <summary>What to do about an area on a file system that cannot hold one.</summary>
    internal const string PlaceRemedy = LinuxFile.PlaceRemedy;

    private readonly PortDirectory _directory;
    private readonly int _first;
    private readonly int _last;

    /// <summary>Names an area; nothing is read yet.</summary>
    /// <param name="first">The lowest port to lease.</param>
    /// <param name="last">The highest port to lease.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PlatformNotSupported"/> elsewhere than on Linux; <see cref="ErrorId.InvalidValue"/> for an empty range.
    /// </exception>
    public PortArea(string path, int first = 1, int last = IPEndPoint.MaxPort)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new HpcException(
                ErrorId.PlatformNotSupported, $"The port area {path} can be used on Linux only: it rests on hard links.", path);
        }

        if (first < 1 || last > IPEndPoint.MaxPort || first > last)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"The port range {first} to {last} of the port area {path} is not within 1 to {IPEndPoint.MaxPort}.",
                path);
        }

        Path = System.IO.Path.GetFullPath(path);
        _directory = new PortDirectory(Path);
        _first = first;
        _last = last;
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Told, in a line, of each entry of the directory that is passed over because it stands for no port.</summary>
    public Action<string> Skipped { get; init; } = _ => { };

    /// <summary>How long to wait for whoever works on a port.</summary>
    internal TimeSpan Patience
    {
        init => _directory = new PortDirectory(Path) { Patience = value };
    }

    /// <summary>What the time is.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What listens on this host.</summary>
    internal Func<IReadOnlySet<int>> ListeningHere { get; init; } = ListeningPorts.Local;

    /// <summary>Called between the system calls: a test that throws here leaves what a kill would leave.</summary>
    internal Action<PortStep>? AfterStep { get; init; }

    /// <summary>The area that a site declares.</summary>
    /// <param name="definition">The site's port area.</param>
    /// <param name="skipped">As <see cref="Skipped"/>.</param>
    public static PortArea Of(PortAreaDefinition definition, Action<string> skipped) =>
        new(definition.Path, definition.First, definition.Last) { Skipped = skipped };

    /// <summary>Gives a job a port: the one it holds already, else one that nobody holds and nothing listens on.</summary>
    /// <param name="request">The job, and what to write down of it.</param>
    /// <returns>The lease; not changed when the job held it already, whichever process or host took it.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.PortAreaExhausted"/>, <see cref="ErrorId.PortAreaUnusable"/>,
    /// <see cref="ErrorId.JobBeingStarted"/>, <see cref="ErrorId.InvalidValue"/>.
    /// </exception>
    public JobPort Lease(PortRequest request, CancellationToken stop = default)
    {
        using var hold = Claim(request, stop);
        return hold.Lease;
    }

    /// <summary>The same for whoever starts the job: nobody else does until the result is disposed.</summary>
    /// <param name="request">The job, and what to write down of it.</param>
    /// <exception cref="HpcException">As <see cref="Lease"/>.</exception>
    public PortHold Hold(PortRequest request, CancellationToken stop = default)
    {
        var hold = Claim(request, stop);
        hold.Sign();
        return hold;
    }

    /// <summary>Takes hold of a job's lease for whoever stops the job.</summary>
    /// <param name="patience">How long to wait for whoever starts or stops it at this moment.</param>
    /// <returns>Null when the job has no lease.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobBeingStarted"/>, <see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.PortAreaUnusable"/>.
    /// </exception>
    public PortHold? Hold(string jobId, TimeSpan patience, CancellationToken stop)
    {
        _directory.Require();
        if (_directory.Lock(_directory.LinkOf(jobId), patience, stop) is not var (file, held))
        {
            return null;
        }

        var hold = new PortHold(file, held.ToJobPort(Path, Clock.GetUtcNow()), isNew: false, Releases);
        hold.Sign();
        return hold;
    }

    /// <summary>Whether somebody starts or stops a job at this moment, on whichever host.</summary>
    /// <param name="lease">The job's lease.</param>
    public bool IsBusy(JobPort lease)
    {
        using var file = PortFile.Open(_directory.FileOf(lease.Port), lease.Port, writable: false);
        return file?.IsLocked() == true;
    }

    /// <summary>What whoever started a job noted of it with its lease; null when there is nothing.</summary>
    /// <param name="lease">The job's lease.</param>
    internal string? NoteOf(JobPort lease)
    {
        using var file = PortFile.Open(_directory.FileOf(lease.Port), lease.Port, writable: false);
        return file?.Record()?.JobId == lease.JobId ? file!.Note() : null;
    }

    /// <summary>What <see cref="Lease"/> would give now; nothing is taken, and another job may be quicker.</summary>
    /// <exception cref="HpcException">As <see cref="Lease"/>.</exception>
    public JobPort Predict(PortRequest request)
    {
        request.Validate();
        var now = Clock.GetUtcNow();
        var held = _directory.Held(_directory.LinkOf(request.JobId));
        if (held?.Record is { State: ClaimState.Granted } record)
        {
            var wanted = record.Renewed(request, now);
            return wanted.ToJobPort(Path, LeaseState.Leased, changed: wanted != record);
        }

        _directory.RequireRights();
        var free = FreePortsFor(request);
        var port = held?.Port ?? free.Ports().Cast<int?>().FirstOrDefault() ?? throw free.Exhausted();
        return LeaseRecord.Of(request, port, ClaimState.Granted, now).ToJobPort(Path, LeaseState.Leased, changed: true);
    }

    /// <summary>Every lease of the area, by port.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>.</exception>
    public IReadOnlyList<JobPort> List()
    {
        var now = Clock.GetUtcNow();
        return
        [
            .. _directory.EachLink(_directory.Held, Skipped).Select(held => held.ToJobPort(Path, now))
                .OrderBy(lease => lease.Port).ThenBy(lease => lease.JobId, StringComparer.Ordinal)
        ];
    }

    /// <summary>A job's lease; null when it has none.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>.</exception>
    public JobPort? Find(string jobId)
    {
        _directory.Require();
        return _directory.Held(_directory.LinkOf(jobId))?.ToJobPort(Path, Clock.GetUtcNow());
    }

    /// <summary>Takes back a job's lease. A job that holds none is no failure.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.PortAreaUnusable"/>, <see cref="ErrorId.JobBeingStarted"/>.
    /// </exception>
    public ReleasedPort Release(string jobId, CancellationToken stop = default) => Releases.Release(jobId, stop);

    /// <summary>What <see cref="Release"/> would take back now.</summary>
    public ReleasedPort PredictRelease(string jobId) => Releases.Predict(jobId);

    /// <summary>
    /// The leases that <see cref="Reclaim"/> would take back now: those whose time has run out and whose job is not known to live, those
    /// whose job has ended, and the claims whose claimer died half-way. A port that somebody is at this moment is passed over.
    /// </summary>
    /// <param name="now">The time that leases have to outlast.</param>
    /// <param name="isJobAlive">
    /// What the batch system says of a lease's job, null when it does not know. Without it, leases end by time alone. A job that it does
    /// not have keeps a lease of less than ten minutes: it may have come after the batch system was asked.
    /// </param>
    public IReadOnlyList<ReleasedPort> PredictReclaim(DateTimeOffset now, Func<JobPort, bool?>? isJobAlive = null) =>
        _directory.EachLink(link => Releases.Reclaim(link, now, isJobAlive, unlink: false), Skipped);

    /// <summary>Takes back one job's lease, if it may be.</summary>
    /// <param name="now">The time that the lease has to outlast.</param>
    /// <param name="isJobAlive">As for the prediction.</param>
    /// <returns>Null when it may not be taken back, or is gone.</returns>
    public ReleasedPort? Reclaim(string jobId, DateTimeOffset now, Func<JobPort, bool?>? isJobAlive = null) =>
        Releases.Reclaim(_directory.LinkOf(jobId), now, isJobAlive, unlink: true);

    private PortHold Claim(PortRequest request, CancellationToken stop)
    {
        request.Validate();
        _directory.RequireRights();
        return new PortClaim(_directory, FreePortsFor(request), request, Clock, AfterStep, stop).Run();
    }

    private PortRelease Releases => new(_directory, AfterStep);

    private FreePorts FreePortsFor(PortRequest request) =>
        new(_directory, _first, _last, request.Planned, request.Busy, ListeningHere);
}
