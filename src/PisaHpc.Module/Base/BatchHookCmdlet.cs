using System.Globalization;
using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Batch;
using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.HTCondor;
using PisaHpc.BatchHooks.Lsf;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that goes to the host that controls a batch system, and to all of the batch system's nodes.</summary>
public abstract class BatchHookCmdlet : NodeCmdlet
{
    /// <summary>The batch system.</summary>
    [Parameter(Position = 0)]
    [ValidateSet(nameof(Scheduler.Slurm), nameof(Scheduler.Lsf), nameof(Scheduler.HTCondor))]
    public string System { get; set; } = nameof(Scheduler.Slurm);

    /// <summary>The nodes; without it all that the batch system has.</summary>
    [Parameter]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>
    /// The host on which slurmctld runs, or a management host of LSF, reached as the nodes are; else the site definition's batch.host, else
    /// this machine. HTCondor's hooks are on nodes alone.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string? Controller { get; set; }

    /// <summary>The file that slurmctld reads, for one that does not run; without it slurmctld is asked.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? SlurmConf { get; set; }

    /// <summary>LSF's lsf.conf; without it the one of LSF_ENVDIR there, to root /etc/lsf.conf always.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? LsfConf { get; set; }

    /// <summary>The directory in which LSF looks for esubs; without it what lsf.conf and profile.lsf beside it say.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? LsfServerDir { get; set; }

    /// <summary>The directory of HTCondor's programs on nodes; without it the one in which a node's PATH has them.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? CondorBin { get; set; }

    /// <summary>The batch system.</summary>
    private protected Scheduler Kind => Enum.Parse<Scheduler>(System, ignoreCase: true);

    /// <summary>What HTCondor's hooks are asked for.</summary>
    private protected HTCondorHookRequest HTCondorRequest => new() { Site = RequiredSite, Programs = CondorBin?.TrimEnd('/') };

    /// <summary>What LSF's hooks are asked for.</summary>
    private protected LsfHookRequest LsfRequest => new()
    {
        Site = RequiredSite,
        ConfigurationFile = LsfConf,
        ServerDirectory = LsfServerDir,
    };

    /// <summary>Parameters of a batch system that mean nothing to another one.</summary>
    private protected virtual IReadOnlyList<string> ParametersOf(Scheduler system) => system switch
    {
        Scheduler.Lsf => [nameof(Controller), nameof(LsfConf), nameof(LsfServerDir)],
        Scheduler.HTCondor => [nameof(CondorBin)],
        _ => [nameof(Controller), nameof(SlurmConf)],
    };

    /// <summary>Work on a node is short; a program of some megabytes is brought there at most.</summary>
    private protected override int UsualTimeoutSec => 120;

    /// <summary>Makes sure that no parameter was given that would be dropped.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>.</exception>
    private protected void RequireParametersOfSystem()
    {
        var own = ParametersOf(Kind);
        foreach (var other in new[] { Scheduler.Slurm, Scheduler.Lsf, Scheduler.HTCondor })
        {
            if (ParametersOf(other).Except(own).FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } strange)
            {
                throw new HpcException(
                    ErrorId.InvalidValue, $"-{strange} is a parameter of {other}'s hooks, and these are those of {System}.", strange,
                    $"Leave it out, or name the batch system: {other}.");
            }
        }
    }

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

    /// <summary>What the names of the old texts end in.</summary>
    private protected static string Stamp() => DateTimeOffset.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>What would be done, for a question or for -WhatIf.</summary>
    private protected static string InWords(string head, HpcBatchHook change) =>
        string.Join('\n', [head, .. change.Changes, .. change.Diff]);

    private protected IReadOnlyCollection<string> NodesIn(IReadOnlyCollection<string> known) =>
        Node.Length > 0 ? [.. NodesOf(Node).Distinct(StringComparer.Ordinal)] : known;

    private async Task<INodeConnection> ConnectAsync(string node, CancellationToken stopping)
    {
        INodeConnection? connection = null;
        await FanOut.WithinAsync(node, NodeTimeout, async limit => connection = await Cluster.Nodes.ConnectAsync(node, limit), stopping);
        return connection!;
    }
}
