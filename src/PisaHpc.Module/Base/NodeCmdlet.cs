using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Engines;
using PisaHpc.Jobs;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that goes to nodes.</summary>
public abstract class NodeCmdlet : SiteCmdlet
{
    /// <summary><see cref="Cluster.ShortWork"/> in seconds.</summary>
    private protected static int ShortWorkSec => (int)Cluster.ShortWork.TotalSeconds;

    private readonly LastingFailures _failing = new();
    private int? _timeoutSec;

    /// <summary>How many nodes are asked at a time.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>How long each node may take, in seconds; 0 is no limit.</summary>
    [Parameter]
    [ValidateRange(0, 86400)]
    public int TimeoutSec
    {
        get => _timeoutSec ?? UsualTimeoutSec;
        set => _timeoutSec = value;
    }

    /// <summary>
    /// A variable that gets the phases of the work and the requests to nodes, also of work that fails; + before its name adds them.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TraceVariable { get; set; }

    /// <inheritdoc/>
    private protected override string? TracedTo => TraceVariable;

    /// <summary>The limit when nobody says: none, unless the cmdlet's work on a node is short.</summary>
    private protected virtual int UsualTimeoutSec => 0;

    /// <summary>
    /// The site's nodes, as many at a time as <see cref="ThrottleLimit"/> says, with <see cref="TimeoutSec"/> for each. A failed node
    /// becomes one error record with that node as its target; the others go on.
    /// </summary>
    internal Cluster Cluster =>
        new(NodeConnectors.For(SiteDefinition.Nodes), SiteEngines.Of(SiteDefinition), ReportNode)
        {
            Throttle = ThrottleLimit,
            NodeTimeout = NodeTimeout,
            RunDirectory = SiteDefinition.RunDirectory,
            InOrder = IsInOrder,
        };

    /// <summary>Whether results come in the order of the nodes, those of each as soon as all before it are out.</summary>
    private protected virtual bool IsInOrder => true;

    /// <summary><see cref="TimeoutSec"/> as a time.</summary>
    internal TimeSpan NodeTimeout => TimeoutSec == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(TimeoutSec);

    /// <summary>Whether -WhatIf, or the caller's preference, wants nothing done.</summary>
    private protected bool IsWhatIf => CommonParameter.IsWhatIf(this);

    /// <summary>A site definition with errors ends the command before a node is asked, or each of them would seem to have failed.</summary>
    protected override Task BeginAsync()
    {
        var access = SiteDefinition.Nodes;

        // A start in a batch hook reads no key file for nobody.
        foreach (var remark in CommonParameter.IsVerbose(this) ? PrivateKeys.RemarksOn(access) : [])
        {
            Detail(remark);
        }

        return base.BeginAsync();
    }

    /// <summary>
    /// Does one thing on every node, with a bar for the whole and one for each node that is at it. Patterns such as <c>o2wn*</c> are the
    /// site's nodes that match.
    /// </summary>
    /// <param name="activity">What the bar is headed.</param>
    /// <param name="phase">What the action is.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="action">What to do on a node.</param>
    internal Task OnEachAsync(
        string activity, Phase phase, IEnumerable<string> nodes, Func<string, CancellationToken, Task> action) =>
        OnEachAsync(Cluster, activity, phase, NodesOf([.. nodes]), action);

    /// <summary>The same with every item, the items of one node one after another, the nodes side by side.</summary>
    internal Task OnEachAsync<T>(
        string activity, Phase phase, IEnumerable<T> items, Func<T, string> nodeOf, Func<T, CancellationToken, Task> action)
    {
        var byNode = items.ToLookup(nodeOf);
        return OnEachAsync(activity, phase, byNode.Select(group => group.Key), async (node, stopping) =>
        {
            foreach (var item in byNode[node])
            {
                await action(item, stopping);
            }
        });
    }

    /// <summary>Does one thing to each of a node's items, side by side. What is said of them comes in their order, as of nodes.</summary>
    private protected Task SideBySideAsync<T>(IEnumerable<T> items, Func<T, Task> action)
    {
        var turns = IsInOrder ? new NodeTurns() : null;
        return Task.WhenAll(items.Select((item, place) => turns?.RunAsync(place, () => action(item)) ?? action(item)));
    }

    /// <summary>Does one thing of several to a node: its failure is its own, and the node's others go on.</summary>
    internal async Task OrReportAsync(string node, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            ReportNode(new NodeFailure(node, failure));
        }
    }

    /// <summary>
    /// Looks again and again until it is stopped, for -Watch. At the end of a pipeline that writes to a terminal it is a table that is
    /// drawn again in its place; elsewhere each look puts its objects out.
    /// </summary>
    /// <param name="intervalSec">The time between two looks.</param>
    /// <param name="look">A look, which puts nothing out itself; null when there is nothing more to look at.</param>
    private protected async Task WatchAsync(int intervalSec, Func<Task<IReadOnlyCollection<object>?>> look)
    {
        var table = MyInvocation.PipelinePosition == MyInvocation.PipelineLength ? ScreenTable.TryOn(Host) : null;
        using var interval = new PeriodicTimer(TimeSpan.FromSeconds(intervalSec));
        do
        {
            if (await look() is not { } found)
            {
                return;
            }

            EndRound();
            if (TakeSpoken())
            {
                table?.StartBelow();
            }

            if (table is null)
            {
                EmitAll(found);
                await CaughtUpAsync();
            }
            else
            {
                await DrawAsync(table, ScreenTable.Caption(intervalSec, found.Count), found);
            }
        }
        while (await interval.WaitForNextTickAsync(StopToken));
    }

    /// <summary>Writes a node's failure in the first of the rounds in which it lasts.</summary>
    private protected void ReportOnce(NodeFailure failure)
    {
        if (_failing.IsNew(failure))
        {
            ReportNode(failure);
        }
    }

    /// <summary>Whether a node failed in the last round.</summary>
    private protected bool IsFailing(string node) => _failing.Has(node);

    /// <summary>A node has answered: when it fails next, that is told.</summary>
    private protected void Answered(string node) => _failing.Answered(node);

    /// <summary>The same as a cluster says it.</summary>
    internal async Task OnEachAsync(
        Cluster cluster, string activity, Phase phase, IReadOnlyCollection<string> nodes, Func<string, CancellationToken, Task> action)
    {
        using var bars = FollowNodes(activity, nodes.Count, phase);
        await cluster.OnEachAsync(nodes, action, StopToken, phase: phase);
    }

    /// <summary>Shows phases on nodes as bars until what is returned is disposed of.</summary>
    /// <param name="activity">What the bar of the whole is headed.</param>
    /// <param name="nodes">How many nodes have something to do.</param>
    /// <param name="whole">The phase with whose end a node has nothing more to do.</param>
    internal NodeProgressBars FollowNodes(string activity, int nodes, Phase whole) =>
        Follow(new NodeProgressBars(activity, nodes, whole, Show, TimeProvider.System));

    /// <summary>
    /// Where to look for a job: on the nodes that are named; else on those of its lease; on the site's where no lease places it. So a
    /// stranger that is down does not matter to whoever asks for one job.
    /// </summary>
    /// <param name="jobId">The job's id, or a pattern of ids, which can be anywhere.</param>
    /// <param name="named">What -Node names.</param>
    internal IReadOnlyList<string> NodesOfJob(string jobId, IReadOnlyCollection<string> named)
    {
        if (named.Count > 0 || !JobIdPattern.IsOne(jobId))
        {
            return NodesOrSite(named);
        }

        try
        {
            return new JobFinder(Cluster, SitePorts).NodesOf(jobId, [], () => NodesOrSite([]));
        }
        catch (HpcException failure) when (failure.Id is ErrorId.PortAreaMissing or ErrorId.PlatformNotSupported)
        {
            Warn($"Job {jobId} is looked for on all nodes of the site: {failure.Message}");
            return NodesOrSite([]);
        }
    }

    /// <summary>The nodes of a job's lease, before the work begins; none where none can be read, and the work itself says why.</summary>
    private protected IReadOnlyList<string> NodesLeased(string jobId)
    {
        try
        {
            return SiteDefinition.PortArea is { } area ? PortArea.Of(area, _ => { }).Find(jobId)?.Nodes ?? [] : [];
        }
        catch (HpcException failure) when (failure.Id is ErrorId.PortAreaMissing or ErrorId.PlatformNotSupported)
        {
            return [];
        }
    }

    /// <summary>A node that holds a job: one that was named, or the first that the job's lease or its containers name.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.JobNotFound"/>: none does. What stood in the way is reported before.</exception>
    internal async Task<string> AnyNodeOfAsync(string jobId, IReadOnlyList<string> named)
    {
        // Which nodes of the site are down matters only where none of the others has the job.
        var failures = new ConcurrentQueue<NodeFailure>();
        var finder = new JobFinder(Cluster with { Failed = failures.Enqueue }, SitePorts);
        if (finder.NodesOf(jobId, named, () => []) is [var first, ..])
        {
            return first;
        }

        var jobs = await finder.FindAsync([jobId], NodesOrSite([]), StopToken);
        if (jobs.SelectMany(job => job.Nodes).FirstOrDefault() is { } found)
        {
            return found.Name;
        }

        foreach (var failure in failures)
        {
            ReportNode(failure);
        }

        throw new HpcException(ErrorId.JobNotFound, $"Job {jobId} has no lease and no container on the nodes that answered.", jobId);
    }
}
