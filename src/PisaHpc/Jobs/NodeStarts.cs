using System.Collections.Concurrent;
using PisaHpc.Access.Ssh;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs;

/// <summary>Carries a job's plans out, on all of its nodes at once.</summary>
/// <param name="request">The job.</param>
/// <param name="files">What is written into the job's directory on each node.</param>
/// <param name="clock">Told how long each phase takes.</param>
internal sealed class NodeStarts(Cluster cluster, JobRequest request, IReadOnlyList<JobFile> files, PhaseClock clock)
{
    private readonly Lazy<Task<JobArchive>> _archive = new(() =>
        JobArchive.PackAsync(files, request.Allocation.Owner.Uid, request.Allocation.Owner.Gid, CancellationToken.None));

    private readonly JobCleanup _cleanup = new(cluster) { Owner = request.ForUser };
    private readonly ConcurrentQueue<string> _remarks = new();

    /// <summary>Told what of a start that is interrupted is taken back.</summary>
    public TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>What could not be seen of the containers' limits, a line each.</summary>
    public IReadOnlyList<string> Remarks => [.. _remarks];

    /// <summary>Starts every node at once. The first failure ends the others' work: they would be taken back anyway.</summary>
    /// <param name="leftovers">The nodes on which an earlier attempt left containers.</param>
    /// <returns>The nodes that failed.</returns>
    public async Task<IReadOnlyList<NodeFailure>> RunAsync(
        IReadOnlyList<HpcContainerPlan> plans, IReadOnlySet<string> leftovers, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentQueue<NodeFailure>();
        var byNode = plans.ToDictionary(plan => plan.Node);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await (cluster with { Failed = Fail }).OnEachAsync(
                byNode.Keys,
                (node, stopping) => StartAsync(byNode[node], leftovers.Contains(node), stopping),
                enough.Token,
                phase: Phase.StartOnNode);
        }
        catch (OperationCanceledException) when (!failures.IsEmpty && !cancellationToken.IsCancellationRequested)
        {
            // The failures say why.
        }

        return [.. failures];

        void Fail(NodeFailure failure)
        {
            failures.Enqueue(failure);
            enough.Cancel();
        }
    }

    private async Task StartAsync(HpcContainerPlan plan, bool leftover, CancellationToken cancellationToken)
    {
        if (leftover)
        {
            await RunAsync(plan, Phase.RemoveLeftovers, () =>
                _cleanup.CleanAsync(plan.Node, request.Allocation.JobId, plan.Directory, TimeSpan.Zero, cancellationToken));
        }

        if (plan.Place is not null)
        {
            await PlaceAsync(plan, cancellationToken);
            return;
        }

        await RunAsync(plan, Phase.WriteAccess, () => WriteAccessAsync(plan, cancellationToken));
        var limit = TimeSpan.FromSeconds(plan.ReadyTimeoutSec);
        await using var early = new EarlyTry(limit, cancellationToken);
        var container = await RunAsync(plan, Phase.StartContainer, async () =>
        {
            var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
            var engine = await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
            return await ContainerStarter.StartUnderLeaseAsync(
                engine, plan, cancellationToken, TakenBack, created => early.Begin(connection, engine, created));
        });
        await RunAsync(plan, Phase.WaitUntilReady, async () =>
        {
            var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
            var engine = await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
            return await LimitsInForce.WithAsync(
                ReadinessCheck.WaitAsync(connection, engine, container, limit, cancellationToken, early.Underway),
                LimitsInForce.RequireAsync(connection, engine, plan, container, _remarks.Enqueue, cancellationToken));
        });
    }

    /// <summary>A job that gets no container. What is written down of it comes first, as a lease does.</summary>
    private async Task PlaceAsync(HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        var engine = await cluster.Engines.ConnectAsync(plan.Node, cancellationToken);
        var placement = new JobPlacement(connection, engine, plan, cluster.RunDirectory);
        var container = await RunAsync(plan, Phase.WriteAccess, async () =>
        {
            var claimed = await placement.ClaimAsync(cancellationToken);
            await WriteAccessAsync(plan, cancellationToken);
            return claimed;
        });
        var agent = await RunAsync(plan, Phase.StartContainer, () => placement.StartAsync(container, cancellationToken));
        await RunAsync(plan, Phase.WaitUntilReady, async () =>
        {
            await placement.WaitAsync(container, agent, cancellationToken);
            return true;
        });
    }

    private async Task<bool> WriteAccessAsync(HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        var owner = request.Allocation.Owner;
        var connection = await cluster.Nodes.ConnectAsync(plan.Node, cancellationToken);
        if (plan.AgentToPut is { } agent)
        {
            await agent.PutAsync(connection, cancellationToken);
        }

        return await JobDirectory.WriteAsync(
            connection, plan.Directory, owner.Uid, owner.Gid, await _archive.Value, cancellationToken, NetworkOf(plan.Node));
    }

    private Task<T> RunAsync<T>(HpcContainerPlan plan, Phase phase, Func<Task<T>> work) => clock.RunAsync(phase, work, plan.Node);

    /// <summary>Ranks talk by it, whoever launches them: a container with a network of its own knows none of the node's.</summary>
    private JobNetwork? NetworkOf(string node) =>
        request.Environment.NetworkMode == NetworkMode.Host
        && request.Allocation.Nodes.FirstOrDefault(other => other.Name != node) is { } peer
            ? new JobNetwork(peer.Name, request.Environment.MpiNetwork)
            : null;
}
