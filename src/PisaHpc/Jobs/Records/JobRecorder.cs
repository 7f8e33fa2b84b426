using PisaHpc.Ports;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Records;

/// <summary>
/// Writes down how jobs end. A record that cannot be written is a warning: no start and no stop fails, or waits for long, because of it.
/// </summary>
public sealed class JobRecorder
{
    private readonly RecordDirectory _directory;
    private readonly RecordAuthor _author;
    private readonly Action<string> _warn;

    internal JobRecorder(RecordDirectory directory, RecordAuthor author, Action<string> warn) =>
        (_directory, _author, _warn) = (directory, author, warn);

    /// <summary>How long the file system may take: it may be another's that hangs.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Who writes.</summary>
    internal string By => _author.ToString();

    /// <summary>The program that does, as people know it.</summary>
    internal string Program => _author.Program;

    /// <summary>The recorder of a site; null when the site keeps no records.</summary>
    /// <param name="program">The program, as people know it, that starts or stops jobs.</param>
    /// <param name="warn">Told, in a line, of what could not be written.</param>
    public static JobRecorder? Of(HpcSite site, string program, Action<string> warn)
    {
        ArgumentNullException.ThrowIfNull(site);
        return site.Records is { } records
            ? new JobRecorder(
                new RecordDirectory(records), new RecordAuthor(Environment.UserName, Environment.MachineName, program), warn)
            : null;
    }

    /// <summary>Says what a record lacks.</summary>
    internal void Warn(string words) => _warn(words);

    /// <summary>Notes a run with its job's lease. Where that cannot be, the former note stays.</summary>
    internal void Note(PortHold hold, JobRun run)
    {
        try
        {
            hold.Note = run.ToNote();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _warn($"What is known of job {run.JobId} cannot be noted with its lease; its record may lack it: {Quote.Cause(failure)}");
        }
    }

    /// <summary>The run that was noted with a job's lease.</summary>
    /// <param name="hold">The lease; null when the job has none.</param>
    /// <returns>Null when there is none, or it cannot be read.</returns>
    internal JobRun? NoteOf(PortHold? hold)
    {
        try
        {
            return JobRun.Parse(hold?.Note);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _warn($"What was noted of job {hold!.Lease.JobId} with its lease cannot be read; its record lacks it: {Quote.Cause(failure)}");
            return null;
        }
    }

    /// <summary>Writes a record.</summary>
    /// <param name="run">The run that ended.</param>
    /// <param name="facts">What is known of its end.</param>
    /// <param name="phases">How long the phases of its end took.</param>
    /// <returns>Whether it stands there.</returns>
    internal async Task<bool> WriteAsync(JobRun run, EndFacts facts, IReadOnlyList<PhaseTime> phases)
    {
        var record = RecordOf(run, facts with { By = By }, phases);
        try
        {
            await Task.Run(() => _directory.Write(record)).WaitAsync(Limit);
            return true;
        }
        catch (HpcException failure)
        {
            _warn($"The end of job {run.JobId} is not written down: {failure.Message} {failure.RecommendedAction}".TrimEnd());
        }
        catch (TimeoutException)
        {
            _warn($"The end of job {run.JobId} may not be written down: {_directory.Path} did not answer within {Limit.TotalSeconds:0} s.");
        }

        return false;
    }

    private HpcEndedJob RecordOf(JobRun run, EndFacts facts, IReadOnlyList<PhaseTime> phases)
    {
        var end = JobEnd.Of(facts);
        return new HpcEndedJob
        {
            JobId = run.JobId,
            Run = run.Id,
            Cluster = run.Cluster,
            RestartCount = run.RestartCount,
            Scheduler = run.Scheduler,
            Queue = run.Queue,
            Owner = run.Owner,
            Environment = run.Environment,
            Image = run.Image,
            ImageDigest = run.ImageDigest,
            Port = run.Port,
            Nodes = facts.Nodes,
            BegunAt = run.BegunAt,
            StartedAt = run.StartedAt,
            EndedAt = _directory.Clock.GetUtcNow(),
            Reason = end.Reason.ToString(),
            Message = end.Message,
            ErrorId = facts.FailedStart?.Id.ToString(),
            ExitCode = end.ExitCode,
            Signal = end.Signal,
            BatchState = facts.Batch?.State,
            BatchReason = facts.Batch?.Reason is { } reason ? Quote.OneLine(reason) : null,
            EndedByUser = _author.User,
            EndedByHost = _author.Host,
            EndedByProgram = _author.Program,
            Remarks = run.Remarks,
            Phases = [.. run.Phases, .. phases],
            Trace = run.Trace.Count > 0 ? run.Trace : null,
            StartedBy = run.StartedBy,
        };
    }
}

/// <summary>Who writes records.</summary>
/// <param name="User">The account.</param>
/// <param name="Host">The host.</param>
/// <param name="Program">The program, as people know it.</param>
internal sealed record RecordAuthor(string User, string Host, string Program)
{
    /// <summary>It in words.</summary>
    public override string ToString() => $"{User} on {Host} with {Program}";
}
