using System.Collections.Concurrent;
using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Records;

/// <summary>What one stop of a job writes down of its end, once: what a later stop finds again the first has written down.</summary>
internal sealed class StopRecord(JobRecorder recorder, string jobId, INodeConnector nodes)
{
    private readonly ConcurrentQueue<NodeFailure> _failures = new();
    private Task<BatchEnd?> _asked = Task.FromResult<BatchEnd?>(null);
    private CancellationToken _interrupted;

    /// <summary>What the batch system told whoever stops the job; null for nothing.</summary>
    public BatchEnd? End { get; init; }

    /// <summary>Asks the batch system how the job ended; null where it is not to be asked.</summary>
    public Func<CancellationToken, Task<BatchEnd?>>? AskEnd { get; init; }

    /// <summary>What a sweep knew the job for an orphan by; null for a job that somebody stops by its id.</summary>
    public string? OrphanedBy { get; init; }

    /// <summary>What the containers tell.</summary>
    public EndEvidence Evidence { get; } = new(nodes);

    /// <summary>Told how long each phase takes.</summary>
    public PhaseClock Clock { get; } = new();

    /// <summary>Begins to ask the batch system, where the caller wants it asked; the stop does not wait for it.</summary>
    public void Ask(CancellationToken cancellationToken) => (_asked, _interrupted) = (AskAsync(cancellationToken), cancellationToken);

    /// <summary>Takes note of a node of the job that failed.</summary>
    public void Failed(NodeFailure failure) => _failures.Enqueue(failure);

    /// <summary>Writes the record, unless there is no run to write of, or it was written.</summary>
    /// <param name="hold">The job's lease; null when it has none.</param>
    public async Task WriteAsync(PortHold? hold)
    {
        var answer = await AnswerAsync();
        var noted = recorder.NoteOf(hold);
        var found = Evidence.LatestRun;
        var run = noted is not null && (found is null || found.Id == noted.Id) ? noted : found;
        if (run is null || (run.Id == noted?.Id && noted.RecordedAt is not null))
        {
            return;
        }

        var facts = new EndFacts
        {
            Nodes = Evidence.NodesOf(run, [.. _failures]),
            Batch = IsOf(run, answer) ? answer : IsOf(run, End) ? End : null,
            OrphanedBy = OrphanedBy,
        };
        if (await recorder.WriteAsync(run with { JobId = jobId }, facts, Clock.Times) && hold is not null)
        {
            // Shorter than what is there, so that it has room.
            recorder.Note(hold, run with { RecordedAt = DateTimeOffset.UtcNow, Cleaned = [] });
        }
    }

    /// <summary>
    /// Notes with the lease what a part of the job's nodes told, for whoever stops the whole of it: nobody can ask the containers again.
    /// </summary>
    /// <param name="hold">The job's lease; null when it has none.</param>
    public void Leave(PortHold? hold)
    {
        if (hold is not null && recorder.NoteOf(hold) is { RecordedAt: null } run && Evidence.LatestRun?.Id == run.Id)
        {
            var told = Evidence.NodesOf(run, []).Where(node => node.Container is not null);
            recorder.Note(hold, run with { Cleaned = [.. told.UnionBy(run.Cleaned, node => node.Name)] });
        }
    }

    private async Task<BatchEnd?> AskAsync(CancellationToken cancellationToken) =>
        AskEnd is null ? null : await AskEnd(cancellationToken);

    /// <summary>What the batch system answers; null where it was not asked, and where it does not answer, for whatever reason.</summary>
    private async Task<BatchEnd?> AnswerAsync()
    {
        try
        {
            return await _asked;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !_interrupted.IsCancellationRequested)
        {
            var why = failure is HpcException ? failure.Message : Quote.Cause(failure);
            recorder.Warn($"The record of job {jobId} goes without what the batch system knows: {why}");
            return null;
        }
    }

    /// <summary>Of a job that was started anew since, the batch system tells of the later run.</summary>
    private static bool IsOf(JobRun run, BatchEnd? end) =>
        end is not null && (end.RestartCount is null || run.RestartCount is null || end.RestartCount == run.RestartCount);
}
