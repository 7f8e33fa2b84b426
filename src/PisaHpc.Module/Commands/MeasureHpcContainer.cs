using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Measures what containers use: CPUs, memory, processes, block devices and networks.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "HpcContainer", DefaultParameterSetName = OnNodes)]
[OutputType(typeof(HpcContainerUsage))]
public sealed class MeasureHpcContainerCommand : NodeCmdlet
{
    private const string OnNodes = "Nodes";
    private const string Given = "Containers";

    private readonly List<HpcContainer> _given = [];
    private readonly List<(string Node, string? JobId)> _asked = [];
    private readonly ContainerMeter _meter = new();
    private ScreenTable? _table;

    /// <summary>A container, from Start-HpcContainer or Get-HpcContainer.</summary>
    [Parameter(ParameterSetName = Given, Mandatory = true, ValueFromPipeline = true)]
    public HpcContainer InputObject { get; set; } = null!;

    /// <summary>The nodes whose containers are measured; those of the jobs when none is named, the site's where no job is.</summary>
    [Parameter(ParameterSetName = OnNodes, Position = 0)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Only the containers of these jobs; wildcards are allowed. A job named without any that has none is an error.</summary>
    [Parameter(ParameterSetName = OnNodes, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = [];

    /// <summary>What their use is added up to: each container, each job or static environment, each node.</summary>
    [Parameter]
    public UsageGroup GroupBy { get; set; } = UsageGroup.Container;

    /// <summary>The time between two looks, in seconds, over which CPUs in use are counted.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int IntervalSec { get; set; } = 1;

    /// <summary>How many rounds there are, an interval apart.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxSamples { get; set; } = 1;

    /// <summary>Goes on until it is stopped, or until none of the containers that it was given runs.</summary>
    [Parameter]
    public SwitchParameter Continuous { get; set; }

    /// <summary>Shows the samples as a table that is drawn again in its place, until it is stopped, and puts no objects out.</summary>
    [Parameter]
    public SwitchParameter Watch { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        if (ParameterSetName == Given)
        {
            _given.Add(InputObject);
        }
        else
        {
            var jobs = JobId.Length == 0 ? [null] : (string?[])JobId;
            _asked.AddRange(jobs.SelectMany(id => NodesOfJob(id ?? "*", Node).Select(node => (node, id))));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        _table = Watch ? ScreenTable.On(Host) : null;
        ReportMissing(await LookAsync());
        using var interval = new PeriodicTimer(TimeSpan.FromSeconds(IntervalSec));
        var isEndless = Continuous || (Watch && !MyInvocation.BoundParameters.ContainsKey(nameof(MaxSamples)));
        for (var round = 0; isEndless || round < MaxSamples; round++)
        {
            await interval.WaitForNextTickAsync(StopToken);
            var usages = await LookAsync();
            await PutOutAsync([.. HpcContainerUsage.Of(usages, GroupBy)]);
            if (_given.Count > 0 && usages.Count == 0)
            {
                return;
            }
        }
    }

    private Task PutOutAsync(IReadOnlyCollection<HpcContainerUsage> usages)
    {
        if (_table is null)
        {
            EmitAll(usages);
            return Task.CompletedTask;
        }

        return DrawAsync(_table, ScreenTable.Caption(IntervalSec, usages.Count), usages);
    }

    /// <summary>Looks at all of them once, in the order of their nodes.</summary>
    private async Task<IReadOnlyList<HpcContainerUsage>> LookAsync()
    {
        var given = _given.ToLookup(container => container.Node);
        var asked = _asked.ToLookup(pair => pair.Node, pair => pair.JobId is null ? _ => true : JobIdPattern.OfOwner(pair.JobId));
        var nodes = NodesOf([.. _given.Select(container => container.Node), .. _asked.Select(pair => pair.Node)]);
        var found = new ConcurrentDictionary<string, IReadOnlyList<HpcContainerUsage>>(StringComparer.Ordinal);
        await (Cluster with { Failed = ReportOnce }).OnEachAsync(
            nodes,
            async (node, stopping) =>
            {
                var connection = await Cluster.Nodes.ConnectAsync(node, stopping);
                var engine = await Cluster.Engines.ConnectAsync(node, stopping);
                var containers = _given.Count > 0 ? [.. given[node]] : await RunningAsync(engine, [.. asked[node]], stopping);
                found[node] = await _meter.LookAsync(connection, engine, containers, stopping);
                Answered(node);
            },
            StopToken);
        EndRound();
        if (TakeSpoken())
        {
            _table?.StartBelow();
        }

        return [.. nodes.Where(found.ContainsKey).SelectMany(node => found[node])];
    }

    private static async Task<IReadOnlyCollection<HpcContainer>> RunningAsync(
        IContainerEngine engine, IReadOnlyCollection<Func<string?, bool>> meant, CancellationToken cancellationToken) =>
        [
            .. from container in await engine.ListAsync(ContainerLabels.FilterOfAll(), cancellationToken)
               where container.State == ContainerState.Running
               let found = ContainerLabels.ToHpcContainer(engine.Node, container)
               where meant.Any(matches => matches(found.JobId))
               orderby found.Name
               select found,
        ];

    /// <summary>What was named, answered for by its node, and does not run.</summary>
    private void ReportMissing(IReadOnlyList<HpcContainerUsage> usages)
    {
        foreach (var container in _given.Where(container => !IsFailing(container.Node)
            && !usages.Any(usage => usage.Name == container.Name && usage.Nodes.Contains(container.Node))))
        {
            Report(new HpcException(
                ErrorId.ContainerNotFound, $"Container {container.Name} does not run on {container.Node}.", container.Name));
        }

        foreach (var jobId in _asked.Select(pair => pair.JobId).OfType<string>().Where(JobIdPattern.IsOne)
            .Except(usages.Select(usage => usage.JobId)).Distinct())
        {
            Report(new HpcException(
                ErrorId.JobNotFound, $"Job {Quote.Of(jobId!)} has no container that runs on the nodes asked.", jobId));
        }
    }
}
