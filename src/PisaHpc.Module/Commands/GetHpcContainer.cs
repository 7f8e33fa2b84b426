using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Lists the containers of jobs and of static environments on nodes.</summary>
[Cmdlet(VerbsCommon.Get, "HpcContainer")]
[OutputType(typeof(HpcContainer))]
public sealed class GetHpcContainerCommand : NodeCmdlet
{
    /// <summary>What -JobId is where nobody gives it: every container is meant, one of no job too.</summary>
    private static readonly string[] Unasked = ["*"];

    private readonly List<(string Node, string? JobId)> _asked = [];
    private readonly ConcurrentBag<HpcContainer> _found = [];
    private string[] _named = [];

    /// <summary>The nodes to ask; those of the jobs when none is named, and the site's nodes where no lease tells them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>
    /// Only the containers of these jobs; wildcards are allowed. A job named without any that has no container is an error; one that comes
    /// through the pipeline, such as an allocation, may have none yet, and what is no job's has none.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = Unasked;

    /// <summary>Only containers of these names; wildcards are allowed. A name without any that no node has is an error.</summary>
    [Parameter]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <summary>
    /// Only the containers of these static environments, and where no node is named only on the nodes that are declared for them; wildcards
    /// are allowed.
    /// </summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    /// <inheritdoc/>
    protected override async Task BeginAsync()
    {
        await base.BeginAsync();
        // What the pipeline gives is bound later.
        _named = MyInvocation.BoundParameters.ContainsKey(nameof(JobId)) ? [.. JobId ?? []] : [];
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        if (Static.Length > 0 && Node.Length == 0)
        {
            _asked.AddRange(StaticNames.DefinitionsOf(this, Static).SelectMany(definition => definition.NodeNames())
                .Select(node => (node, (string?)null)));
            return Task.CompletedTask;
        }

        foreach (var id in ReferenceEquals(JobId, Unasked) ? [null] : (string?[])(JobId ?? []))
        {
            _asked.AddRange(NodesOfJob(id ?? "*", Node).Select(node => (node, id)));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var jobs = _asked.ToLookup(asked => asked.Node, asked => asked.JobId is null ? _ => true : JobIdPattern.OfOwner(asked.JobId));
        var names = Name.Select(name => new WildcardPattern(name)).ToArray();
        var statics = Static.Select(name => new WildcardPattern(name)).ToArray();
        await OnEachAsync(jobs.Select(asked => asked.Key), async (node, stopping) =>
        {
            var engine = await Cluster.Engines.ConnectAsync(node, stopping);
            var containers = await engine.ListAsync(ContainerLabels.FilterOfAll(), stopping);
            List<HpcContainer> meant =
            [
                .. from container in containers
                   let found = ContainerLabels.ToHpcContainer(node, container)
                   where jobs[node].Any(matches => matches(found.JobId)) && names.Any(name => name.IsMatch(found.Name))
                   where statics.Length == 0 || (found.Static is { } of && statics.Any(name => name.IsMatch(of)))
                   select found,
            ];
            meant.ForEach(_found.Add);
            EmitAll(meant);
        });
        ReportMissing();
    }

    private void ReportMissing()
    {
        foreach (var jobId in _named.Where(JobIdPattern.IsOne).Except(_found.Select(container => container.JobId)))
        {
            Report(new HpcException(ErrorId.JobNotFound, $"Job {Quote.Of(jobId)} has no container on the nodes asked.", jobId));
        }

        var statics = Static.Where(name => !WildcardPattern.ContainsWildcardCharacters(name));
        foreach (var name in statics.Except(_found.Select(container => container.Static)))
        {
            Report(new HpcException(
                ErrorId.ContainerNotFound, $"No node that was asked has a container of static environment {Quote.Of(name)}.", name));
        }

        var names = Name.Where(name => !WildcardPattern.ContainsWildcardCharacters(name));
        foreach (var name in names.Except(_found.Select(container => container.Name)))
        {
            Report(new HpcException(ErrorId.ContainerNotFound, $"No node that was asked has a container {Quote.Of(name)}.", name));
        }
    }
}
