using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Records;

/// <summary>What one start of a job leaves in writing: the note with its lease while the job lives, or the record of its failure.</summary>
internal sealed class StartRecord(JobRequest request)
{
    private JobRun _run = JobRun.Of(request, DateTimeOffset.UtcNow);
    private JobRecorder? _recorder;

    /// <summary>Told how long each phase takes.</summary>
    public PhaseClock Clock { get; } = new();

    /// <summary>Whether a failure is the end of a run: who meets somebody else who starts the job ended none.</summary>
    public static bool IsEnd(Exception failure) => failure is not HpcException { Id: ErrorId.JobBeingStarted };

    /// <summary>
    /// Notes the run with its lease, before anything is started. An earlier run whose end nobody wrote down was found dead by that.
    /// </summary>
    /// <param name="recorder">Null where no records are kept.</param>
    public async Task BeginAsync(IReadOnlyList<HpcContainerPlan> plans, PortHold hold, JobRecorder? recorder)
    {
        _run = _run with { Port = plans[0].Port, Image = plans[0].Image, ImageDigest = plans[0].ImageDigest };
        _recorder = recorder;
        if (recorder is null)
        {
            return;
        }

        if (!hold.IsNew && JobRun.Parse(hold.Note) is { RecordedAt: null } earlier && earlier.Id != _run.Id)
        {
            var dead = new EndFacts { Abandoned = true, Nodes = NodesOf(earlier.Nodes, []) };
            await recorder.WriteAsync(earlier with { JobId = _run.JobId }, dead, phases: []);
        }

        recorder.Note(hold, _run);
    }

    /// <summary>Takes note of what the job goes without.</summary>
    public void Remark(string words) => _run = _run with { Remarks = [.. _run.Remarks, JobEnd.OneLine(words)] };

    /// <summary>Notes that the job runs on all of its nodes.</summary>
    public void Run(PortHold hold)
    {
        _run = _run with { StartedAt = DateTimeOffset.UtcNow, Phases = Clock.Times };
        _recorder?.Note(hold, _run);
    }

    /// <summary>Notes that the end is written down, though the lease stays.</summary>
    public void KeepLease(PortHold hold) => _recorder?.Note(hold, _run with { RecordedAt = DateTimeOffset.UtcNow });

    /// <summary>Writes down that the start failed, or was interrupted.</summary>
    public Task WriteAsync(JobRecorder recorder, Exception failure)
    {
        var interrupted = failure is OperationCanceledException;
        var cause = interrupted ? null : failure as HpcException ?? new HpcException(ErrorId.InternalError, failure.Message, _run.JobId);
        var facts = new EndFacts
        {
            FailedStart = cause,
            Interrupted = interrupted,
            Nodes = NodesOf(_run.Nodes, [.. (cause?.FailedNodes ?? []).Concat(cause?.LeftBehind ?? [])]),
        };
        return recorder.WriteAsync(_run with { Phases = Clock.Times }, facts, phases: []);
    }

    private static IReadOnlyList<HpcEndedJobNode> NodesOf(string nodes, IReadOnlyList<NodeFailure> failures)
    {
        var failed = failures.ToLookup(failure => failure.Node, StringComparer.Ordinal);
        return
        [
            .. from node in SlotMap.NodesIn(nodes).Concat(failures.Select(failure => new AllocatedNode(failure.Node, 0)))
                   .DistinctBy(node => node.Name)
               let failure = failed[node.Name].FirstOrDefault()
               select new HpcEndedJobNode
               {
                   Name = node.Name,
                   Slots = node.Slots,
                   ErrorId = failure?.Id.ToString(),
                   Message = failure is null ? null : JobEnd.OneLine(failure.Message),
               },
        ];
    }
}
