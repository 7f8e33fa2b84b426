using System.Collections.Concurrent;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Jobs.Records;

/// <summary>
/// What the containers of a job tell of its end, gathered on each node before they are removed, from any thread: of those that run what
/// the kernel counted, in one round trip, and of each that has ended what its engine says of it. What cannot be gathered is missing from
/// the record, and keeps nobody from removing them.
/// </summary>
internal sealed class EndEvidence(INodeConnector nodes)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentQueue<FoundContainer> _found = new();
    private readonly ConcurrentQueue<NodeFailure> _unread = new();

    /// <summary>The run of the container that was made last; null when none was found that tells.</summary>
    public JobRun? LatestRun => _found.OrderByDescending(found => found.Container.CreatedAt)
        .Select(found => JobRun.Of(found.Container)).FirstOrDefault(run => run is not null);

    /// <summary>Gathers what a node's containers tell.</summary>
    /// <param name="containers">The job's containers there, as its engine lists them.</param>
    public async Task GatherAsync(
        IContainerEngine engine, IReadOnlyList<EngineContainer> containers, CancellationToken cancellationToken)
    {
        if (containers.Count == 0)
        {
            return;
        }

        var known = containers.ToDictionary(container => container.Id, container => new FoundContainer(engine.Node, container, null));
        try
        {
            await FanOut.WithinAsync(
                engine.Node, Limit, stopping => AskAsync(engine, known, stopping), cancellationToken, late: ErrorId.NodeCommandFailed);
        }
        catch (HpcException failure)
        {
            _unread.Enqueue(new NodeFailure(engine.Node, failure));
        }

        foreach (var found in known.Values)
        {
            _found.Enqueue(found);
        }
    }

    /// <summary>A job's nodes with what was found on each, or noted of it by whoever cleaned it before.</summary>
    /// <param name="failures">What failed there, beside what could not be gathered.</param>
    public IReadOnlyList<HpcEndedJobNode> NodesOf(JobRun run, IReadOnlyList<NodeFailure> failures)
    {
        var failed = failures.Concat(_unread).ToLookup(failure => failure.Node, StringComparer.Ordinal);
        var own = SlotMap.NodesIn(run.Nodes);
        var others = _found.Select(found => found.Node).Concat(failures.Select(failure => failure.Node));
        return
        [
            .. own.Concat(others.Select(name => new AllocatedNode(name, 0))).DistinctBy(node => node.Name)
                .Select(node => NodeOf(node, run, failed[node.Name].FirstOrDefault())),
        ];
    }

    private async Task AskAsync(IContainerEngine engine, Dictionary<string, FoundContainer> known, CancellationToken stopping)
    {
        string[] running = [.. known.Where(found => found.Value.Container.State == ContainerState.Running).Select(found => found.Key)];
        if (running.Length > 0)
        {
            var connection = await nodes.ConnectAsync(engine.Node, stopping);
            foreach (var (id, group) in await ControlGroup.ReadAsync(connection, running, stopping))
            {
                known[id] = known[id] with { Group = group };
            }
        }

        foreach (var id in known.Keys.Except(running).ToArray())
        {
            if (await engine.FindAsync(id, stopping) is { } ended)
            {
                known[id] = known[id] with { Container = ended };
            }
        }
    }

    private HpcEndedJobNode NodeOf(AllocatedNode node, JobRun run, NodeFailure? failure)
    {
        var here = _found.Where(found => found.Node == node.Name)
            .OrderByDescending(found => found.Container.Labels.GetValueOrDefault(ContainerLabels.Attempt) == run.Id)
            .ThenByDescending(found => found.Container.CreatedAt)
            .FirstOrDefault();
        if (here is null && failure is null && run.Cleaned.FirstOrDefault(one => one.Name == node.Name) is { } cleaned)
        {
            return cleaned;
        }

        var (container, group) = (here?.Container, here?.Group);
        return new HpcEndedJobNode
        {
            Name = node.Name,
            Slots = node.Slots,
            Container = container?.Name,
            State = container?.State.ToString(),
            ExitCode = container?.ExitCode,
            OutOfMemory = group?.Kills is { } kills ? kills > 0 : container?.OutOfMemory == true,
            OomKills = group?.Kills,
            MemoryLimitHits = group?.LimitHits,
            MemoryPeakBytes = group?.PeakBytes,
            MemoryLimitBytes = group?.LimitBytes,
            CpuSeconds = group?.CpuSeconds,
            CpuLimit = group?.Cpus,
            Cgroup = group?.Path,
            Placement = group is null ? null : ContainerPlacements.Of(group.Path, run.JobId).ToString(),
            ErrorId = failure?.Id.ToString(),
            Message = failure is null ? null : Quote.OneLine(failure.Message),
        };
    }

    /// <summary>A container as it was before it was stopped.</summary>
    /// <param name="Group">Null for one that did not run, and where they could not be read.</param>
    private sealed record FoundContainer(string Node, EngineContainer Container, ControlGroup? Group);
}
