using PisaHpc.Containers;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Records;

/// <summary>What one start of a job leaves in writing: the note with its lease while the job lives, or the record of its failure.</summary>
/// <param name="recorder">Null where no records are kept.</param>
/// <param name="trace">Collects the start's phases for it; null where no records are kept.</param>
internal sealed class StartRecord(JobRequest request, JobRecorder? recorder, PhaseTrace? trace, INodeConnector nodes)
{
    /// <summary>Nothing is gathered for it: what is told of a node is what failed there, or was noted before.</summary>
    private readonly EndEvidence _evidence = new(nodes);
    private JobRun _run = JobRun.Of(request, DateTimeOffset.UtcNow);

    /// <summary>Told how long each phase takes.</summary>
    public PhaseClock Clock { get; } = new();

    /// <summary>Whether a failure is the end of a run: who meets somebody else who starts the job ended none.</summary>
    public static bool IsEnd(Exception failure) => failure is not HpcException { Id: ErrorId.JobBeingStarted };

    /// <summary>
    /// Notes the run with its lease, before anything is started. An earlier run whose end nobody wrote down was found dead by that.
    /// </summary>
    public async Task BeginAsync(IReadOnlyList<HpcContainerPlan> plans, PortHold hold)
    {
        _run = _run with { Port = plans[0].Port, Image = plans[0].Image, ImageDigest = plans[0].ImageDigest };
        if (recorder is null)
        {
            return;
        }

        if (!hold.IsNew && recorder.NoteOf(hold) is { RecordedAt: null } earlier && earlier.Id != _run.Id)
        {
            var dead = new EndFacts { Abandoned = true, Nodes = _evidence.NodesOf(earlier, []) };
            await recorder.WriteAsync(earlier with { JobId = _run.JobId }, dead, phases: []);
        }

        recorder.Note(hold, _run);
    }

    /// <summary>Takes note of what the job goes without.</summary>
    public void Remark(string words) => _run = _run with { Remarks = [.. _run.Remarks, Quote.OneLine(words)] };

    /// <summary>Notes that the job runs on all of its nodes.</summary>
    public void Run(PortHold hold)
    {
        _run = Traced() with { StartedAt = DateTimeOffset.UtcNow };
        recorder?.Note(hold, _run);
    }

    /// <summary>Notes that the end is written down, though the lease stays.</summary>
    public void KeepLease(PortHold hold) => recorder?.Note(hold, _run with { RecordedAt = DateTimeOffset.UtcNow });

    /// <summary>Writes down that the start failed, or was interrupted.</summary>
    public async Task WriteAsync(Exception failure)
    {
        if (recorder is null)
        {
            return;
        }

        var interrupted = failure is OperationCanceledException;
        var cause = interrupted ? null : failure as HpcException ?? new HpcException(ErrorId.InternalError, failure.Message, _run.JobId);
        var facts = new EndFacts
        {
            FailedStart = cause,
            Interrupted = interrupted,
            Nodes = _evidence.NodesOf(_run, [.. (cause?.FailedNodes ?? []).Concat(cause?.LeftBehind ?? [])]),
        };
        await recorder.WriteAsync(Traced(failure), facts, phases: []);
    }

    /// <summary>The run with how long its start took: in all, as a phase that does not end before this is written, and in parts.</summary>
    private JobRun Traced(Exception? failure = null)
    {
        var began = _run.BegunAt!.Value;
        var all = new HpcPhase
        {
            Phase = nameof(Phase.StartJob),
            StartedAt = began,
            TookSec = (DateTimeOffset.UtcNow - began).TotalSeconds,
            Outcome = failure switch
            {
                null => nameof(PhaseOutcome.Ok),
                OperationCanceledException => nameof(PhaseOutcome.Cancelled),
                _ => nameof(PhaseOutcome.Error),
            },
            ErrorId = (failure as HpcException)?.Id.ToString(),
        };
        return _run with
        {
            Phases = Clock.Times,
            Trace = trace is null ? [] : RecordedPhase.Of([all, .. trace.Ended], began),
            StartedBy = recorder?.Program,
        };
    }
}
