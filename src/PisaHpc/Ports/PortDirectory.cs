using System.Globalization;
using System.IO.Enumeration;
using System.Net;
using PisaHpc.Batch;
using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>The names in a port area: a file for each port, named by its number, and a link <c>job-JOB</c> for each that is held.</summary>
internal sealed class PortDirectory(string path)
{
    private const string LinkPrefix = "job-";

    /// <summary>
    /// How long to wait for whoever works on a port: it takes a few system calls, unless a start or a stop holds on to it.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The directory.</summary>
    public string Path => path;

    /// <summary>The path of a port's file.</summary>
    public string FileOf(int port) => string.Create(CultureInfo.InvariantCulture, $"{path}/{port}");

    /// <summary>The path of a job's link.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for what is not a job id.</exception>
    public string LinkOf(string jobId) => $"{path}/{LinkPrefix}{JobIds.FileName(jobId)}";

    /// <summary>Makes sure that the area is there.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>.</exception>
    public void Require()
    {
        if (!Directory.Exists(path))
        {
            throw new HpcException(
                ErrorId.PortAreaMissing, $"The port area {Quote.Name(path)} does not exist on {Environment.MachineName}.", path);
        }
    }

    /// <summary>Makes sure that this process may take back what it would link, before it links anything.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>, <see cref="ErrorId.PortAreaUnusable"/>.</exception>
    public void RequireRights()
    {
        Require();
        if (!LinuxFile.MayWriteIn(path))
        {
            throw LinuxFile.NoRight($"it may not write in {path}", path);
        }

        if (LinuxFile.Status(path) is { IsSticky: true } status && LinuxFile.Uid != 0 && LinuxFile.Uid != status.Uid)
        {
            throw LinuxFile.NoRight($"{path} is sticky and belongs to user id {status.Uid}, so that no lease could be given back", path);
        }
    }

    /// <summary>Every port that has a file.</summary>
    public int[] Ports()
    {
        Require();
        var all = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        return
        [
            .. new FileSystemEnumerable<int>(path, (ref entry) => PortNamed(entry.FileName), all)
            {
                ShouldIncludePredicate = (ref entry) => PortNamed(entry.FileName) != 0,
            }
        ];
    }

    /// <summary>Looks at every job's link. One that stands for no port is passed over: it must not keep all jobs from theirs.</summary>
    /// <param name="look">What to make of a link's path.</param>
    /// <param name="skipped">Told of each link that was passed over, and why.</param>
    /// <returns>What was made of the others.</returns>
    public IReadOnlyList<T> EachLink<T>(Func<string, T?> look, Action<string> skipped)
        where T : class
    {
        var seen = new List<T>();
        foreach (var name in Links())
        {
            try
            {
                if (look($"{path}/{name}") is { } found)
                {
                    seen.Add(found);
                }
            }
            catch (HpcException failure) when (failure.Id == ErrorId.PortAreaUnusable)
            {
                skipped(failure.RecommendedAction is null ? failure.Message : $"{failure.Message} {failure.RecommendedAction}");
            }
        }

        return seen;
    }

    /// <summary>Looks at a job's link.</summary>
    /// <param name="link">The link's path.</param>
    /// <returns>Null when there is no such link.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaUnusable"/>: it stands for no port of the area.</exception>
    public HeldPort? Held(string link)
    {
        if (LinuxFile.Status(link) is not { } status)
        {
            return null;
        }

        if (!status.IsRegular)
        {
            throw Orphaned(link);
        }

        var record = RecordIn(link);
        return PortOf(status.Identity, record?.Port) is { } port ? Held(link, status, port, record) : throw Orphaned(link);
    }

    private HeldPort Held(string link, FileStatus status, int port, LeaseRecord? record)
    {
        var named = record is null ? null : LinkOf(record.JobId);
        return named == link
            ? new HeldPort(record!.JobId, link, status, port, record, Outdone: false)
            : new HeldPort(
                System.IO.Path.GetFileName(link)[LinkPrefix.Length..], link, status, port, Record: null,
                Outdone: named is not null && LinuxFile.Status(named)?.Identity == status.Identity);
    }

    /// <summary>Opens the port that a link stands for.</summary>
    /// <param name="held">The link as it was found.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaUnusable"/> when the port's file was removed from under it.</exception>
    public PortFile Open(HeldPort held) => PortFile.Open(FileOf(held.Port), held.Port) ?? throw Orphaned(held.Link);

    /// <summary>Takes the lock of the port that a job's link stands for.</summary>
    /// <param name="link">The link's path.</param>
    /// <param name="patience">How long to wait for another process that has it.</param>
    /// <returns>
    /// The locked file, which is the caller's to close, and the link as it is under the lock; null when there is no such link.
    /// </returns>
    /// <exception cref="HpcException"><see cref="ErrorId.JobBeingStarted"/>, <see cref="ErrorId.PortAreaUnusable"/>.</exception>
    public (PortFile File, HeldPort Held)? Lock(string link, TimeSpan patience, CancellationToken stop)
    {
        while (Held(link) is { } seen)
        {
            var file = Open(seen);
            try
            {
                if (!file.TryLock(patience, stop))
                {
                    throw Busy(seen, patience);
                }

                if (Held(link) is { } held && held.Status.Identity == seen.Status.Identity)
                {
                    var locked = (file, held);
                    file = null;
                    return locked;
                }
            }
            finally
            {
                file?.Dispose();
            }
        }

        return null;
    }

    private HpcException Busy(HeldPort held, TimeSpan patience) => held.Record is { State: ClaimState.Granted } record
        ? new HpcException(
            ErrorId.JobBeingStarted,
            $"Job {held.JobId} is being started or stopped by process {record.Pid} on {record.Host}, which has its port's lock.",
            held.JobId,
            $"Wait until that has ended, or end it (kill {record.Pid} on {record.Host}; fuser {FileOf(held.Port)} names it too), "
                + "then run this again.")
        : new HpcException(
            ErrorId.PortAreaUnusable,
            $"Another process has held the lock of {FileOf(held.Port)} for {patience.TotalSeconds:0} s.",
            FileOf(held.Port),
            $"Find it with lslocks or fuser {FileOf(held.Port)}, on each host that mounts the area, and end it.");

    private static HpcException Orphaned(string link) => new(
        ErrorId.PortAreaUnusable,
        $"The link {link} stands for no port of the area: the port's file was removed while a job held it, or somebody made it by hand.",
        link,
        $"End the job if there is one, then remove the link: rm {link}.");

    private static LeaseRecord? RecordIn(string link)
    {
        using var file = PortFile.Open(link, port: 0, writable: false);
        return file?.Record();
    }

    /// <summary>The port whose file this is: the one its record names, else whichever has it.</summary>
    private int? PortOf(FileIdentity file, int? recorded) =>
        recorded is { } port && Is(port, file) ? port : Ports().Cast<int?>().FirstOrDefault(candidate => Is(candidate!.Value, file));

    private bool Is(int port, FileIdentity file) => LinuxFile.Status(FileOf(port))?.Identity == file;

    private string[] Links()
    {
        Require();
        return [.. Directory.EnumerateFileSystemEntries(path, LinkPrefix + "*").Select(entry => System.IO.Path.GetFileName(entry))];
    }

    /// <summary>The port that a file's name is the number of; 0 for any other name.</summary>
    private static int PortNamed(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 5 && name[0] is >= '1' and <= '9'
        && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort ? port : 0;
}

/// <summary>A job's link as it was found in the area.</summary>
/// <param name="JobId">The job, as its record names it, else as the link's name does.</param>
/// <param name="Link">The link's path.</param>
/// <param name="Status">What it stands for.</param>
/// <param name="Port">The port whose file that is.</param>
/// <param name="Record">The record that names this job; null when there is none.</param>
/// <param name="Outdone">Whether the port's record names another job that is linked too: this one lost, and has yet to go.</param>
internal sealed record HeldPort(string JobId, string Link, FileStatus Status, int Port, LeaseRecord? Record, bool Outdone)
{
    /// <summary>Whether the job may rely on the port.</summary>
    public LeaseState StateAt(DateTimeOffset now) => Record switch
    {
        null => Outdone ? LeaseState.Incomplete : LeaseState.Leased,
        { State: ClaimState.Claimed } => LeaseState.Incomplete,
        _ => now < Record.ExpiresAt ? LeaseState.Leased : LeaseState.Expired,
    };

    /// <summary>The lease as others see it.</summary>
    /// <param name="area">The area's path.</param>
    public JobPort ToJobPort(string area, DateTimeOffset now) => Record?.ToJobPort(area, StateAt(now)) ?? new JobPort
    {
        Port = Port,
        JobId = JobId,
        Owner = OwnerOfFile(Status.Uid),
        LeasedAt = Status.ChangedAt,
        State = StateAt(now).ToString(),
        Path = area,
    };

    /// <summary>The lease after it was taken back.</summary>
    /// <param name="area">The area's path.</param>
    /// <param name="reason">Why it was.</param>
    public ReleasedPort ToReleasedPort(string area, ReleaseReason reason) => new()
    {
        JobId = JobId,
        Port = Port,
        Owner = Record?.Owner ?? OwnerOfFile(Status.Uid),
        NodeSlots = Record?.Nodes,
        Reason = reason.ToString(),
        Path = area,
    };

    private static string OwnerOfFile(uint uid) => PasswdEntry.ByUid(uid)?.Name ?? uid.ToString(CultureInfo.InvariantCulture);
}
