using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Batch;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that goes to the host that controls a batch system, and to all of the batch system's nodes.</summary>
public abstract class BatchHookCmdlet : NodeCmdlet
{
    /// <summary>The batch system.</summary>
    [Parameter(Position = 0)]
    [ValidateSet(nameof(Scheduler.Slurm))]
    public string System { get; set; } = nameof(Scheduler.Slurm);

    /// <summary>The nodes; without it all that the batch system has.</summary>
    [Parameter]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>
    /// The host on which slurmctld runs, reached as the nodes are; else the site definition's batch.host, else this machine.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string? Controller { get; set; }

    /// <summary>The file that slurmctld reads, for one that does not run; without it slurmctld is asked.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? SlurmConf { get; set; }

    /// <summary>Work on a node is short; a program of some megabytes is brought there at most.</summary>
    private protected override int UsualTimeoutSec => 120;

    /// <summary>The controller, in words.</summary>
    private protected string ControllerName => Controller ?? SiteDefinition.Batch.Host ?? "localhost";

    /// <summary>Does something on the controller within its time.</summary>
    private protected async Task<T> OnControllerAsync<T>(Func<INodeConnection, CancellationToken, Task<T>> work)
    {
        T result = default!;
        var host = Controller ?? SiteDefinition.Batch.Host;
        await FanOut.WithinAsync(
            ControllerName,
            NodeTimeout,
            async stopping =>
            {
                var connection = await (host is null
                    ? NodeConnectors.ThisMachineAsync(stopping)
                    : NodeConnectors.For(SiteDefinition.Nodes).ConnectAsync(host, stopping));
                result = await work(connection, stopping);
            },
            StopToken);
        return result;
    }

    /// <summary>Does something on each node, and says which failed.</summary>
    private protected async Task<int> OnNodesAsync(
        string activity, Phase phase, IReadOnlyCollection<string> known, Func<INodeConnection, CancellationToken, Task> work)
    {
        var failed = 0;
        var nodes = NodesIn(known);
        var cluster = Cluster with { NodeTimeout = Timeout.InfiniteTimeSpan, Failed = Count };
        await OnEachAsync(
            cluster, activity, phase, nodes, async (node, stopping) => await work(await ConnectAsync(node, stopping), stopping));
        return failed;

        void Count(NodeFailure failure)
        {
            Interlocked.Increment(ref failed);
            ReportNode(failure);
        }
    }

    private protected IReadOnlyCollection<string> NodesIn(IReadOnlyCollection<string> known) =>
        Node.Length > 0 ? [.. NodesOf(Node).Distinct(StringComparer.Ordinal)] : known;

    private async Task<INodeConnection> ConnectAsync(string node, CancellationToken stopping)
    {
        INodeConnection? connection = null;
        await FanOut.WithinAsync(node, NodeTimeout, async limit => connection = await Cluster.Nodes.ConnectAsync(node, limit), stopping);
        return connection!;
    }
}
