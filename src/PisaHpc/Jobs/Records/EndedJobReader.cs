using System.Text.Json;
using PisaHpc.Batch;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Jobs.Records;

/// <summary>Reads the records of ended jobs, whoever wrote them: other versions too. No node is asked.</summary>
/// <param name="definition">Where they lie.</param>
/// <param name="ports">The port area, which tells whether a run lives; null when the site has none.</param>
/// <param name="passedOver">Told, in a line, of each file that holds no record, and of what a newer version wrote.</param>
public sealed class EndedJobReader(RecordsDefinition definition, PortArea? ports, Action<string> passedOver)
{
    /// <summary>How much of a file is read: the record of a job on thousands of nodes is shorter.</summary>
    private const int MaxRecord = 16 << 20;

    private readonly RecordDirectory _directory = new(definition);
    private bool _toldOfNewer;

    /// <summary>Reads them one by one, the latest end first. A run that lives, or that is being ended, is not among them.</summary>
    /// <param name="filter">Which of them.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.RecordsMissing"/>, <see cref="ErrorId.RecordsUnusable"/>.</exception>
    public IEnumerable<HpcEndedJob> Read(EndedJobFilter filter)
    {
        var leases = new Lazy<IReadOnlyDictionary<string, JobPort>>(LeasesByName);
        foreach (var name in _directory.Names())
        {
            if (name.EndedAt < filter.Since)
            {
                yield break;
            }

            if (filter.Names(name)
                && !Lives(name, leases.Value.GetValueOrDefault(name.Job))
                && RecordOf(name) is { } job
                && filter.Takes(job))
            {
                yield return job;
            }
        }
    }

    private Dictionary<string, JobPort> LeasesByName()
    {
        try
        {
            return (ports?.List() ?? []).ToDictionary(lease => JobIds.FileName(lease.JobId), StringComparer.Ordinal);
        }
        catch (HpcException failure) when (failure.Id is ErrorId.PortAreaMissing or ErrorId.PortAreaUnusable)
        {
            passedOver($"Nobody tells whether a job lives that has a record: {failure.Message}");
            return [];
        }
    }

    /// <summary>A lease names the run that it is of, and whether that was written down when it ended.</summary>
    private bool Lives(RecordName name, JobPort? lease) =>
        lease is not null && JobRun.Parse(ports!.NoteOf(lease)) is { RecordedAt: null } run && run.Id == name.Run;

    private HpcEndedJob? RecordOf(RecordName name)
    {
        var path = Path.Combine(_directory.Path, name.File);
        try
        {
            var job = JsonSerializer.Deserialize(ContentOf(path), EndedJobJson.Default.HpcEndedJob)
                ?? throw new JsonException("It is null.");
            TellOfNewer(job, path);
            return job with { Path = path };
        }
        catch (FileNotFoundException)
        {
            // It was pruned since the directory was listed.
            return null;
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            passedOver($"{path} is passed over, since it is no record: {Quote.Cause(failure)}");
            return null;
        }
    }

    private static byte[] ContentOf(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length > MaxRecord)
        {
            throw new InvalidDataException($"It has {Plural.Of(stream.Length, "byte")}.");
        }

        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private void TellOfNewer(HpcEndedJob job, string path)
    {
        if (job.Schema > HpcEndedJob.CurrentSchema && !_toldOfNewer)
        {
            _toldOfNewer = true;
            passedOver(
                $"{path} was written by a newer version (schema {job.Schema}; this one knows {HpcEndedJob.CurrentSchema}): what it says "
                + "beyond that is not shown, of it and of others like it.");
        }
    }
}

/// <summary>Which ended jobs are asked for.</summary>
public sealed record EndedJobFilter
{
    /// <summary>Tests a job's id; null takes every job.</summary>
    public Func<string, bool>? JobId { get; init; }

    /// <summary>The ids, where each is one and no pattern: files of others are not opened. Null where there are patterns.</summary>
    public IReadOnlyCollection<string>? JobIds { get; init; }

    /// <summary>The earliest end.</summary>
    public DateTimeOffset Since { get; init; } = DateTimeOffset.MinValue;

    /// <summary>The reasons; none takes every reason.</summary>
    public IReadOnlyCollection<EndReason> Reasons { get; init; } = [];

    /// <summary>Whether a file's name may be that of a job asked for.</summary>
    internal bool Names(RecordName name) => JobIds is null || JobIds.Any(id => Batch.JobIds.FileName(id) == name.Job);

    /// <summary>Whether a record is one that is asked for.</summary>
    internal bool Takes(HpcEndedJob job) =>
        JobId?.Invoke(job.JobId) != false
        && (Reasons.Count == 0 || (Enum.TryParse<EndReason>(job.Reason, out var reason) && Reasons.Contains(reason)));
}
