using System.Management.Automation;
using PisaHpc.Base;
using PisaHpc.Completion;
using PisaHpc.Containers;

namespace PisaHpc.Commands;

/// <summary>Lists the job containers on nodes.</summary>
[Cmdlet(VerbsCommon.Get, "HpcContainer")]
[OutputType(typeof(HpcContainer))]
public sealed class GetHpcContainerCommand : NodeCmdlet
{
    private readonly List<(string Node, Func<string, bool> Matches)> _asked = [];

    /// <summary>The nodes to ask; those of the jobs when none is named, and the site's nodes where no lease tells them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Only the containers of these jobs; wildcards are allowed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[] JobId { get; set; } = ["*"];

    /// <summary>Only containers of these names; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        foreach (var id in JobId)
        {
            var matches = JobIdPattern.Of(id);
            _asked.AddRange(NodesOfJob(id, Node).Select(node => (node, matches)));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        var jobs = _asked.ToLookup(asked => asked.Node, asked => asked.Matches);
        var names = Name.Select(name => new WildcardPattern(name)).ToArray();
        return OnEachAsync(jobs.Select(asked => asked.Key), async (node, stopping) =>
        {
            await using var engine = await Engines.ConnectAsync(node, stopping);
            var containers = await engine.ListAsync(ContainerLabels.Filter(), stopping);
            EmitAll(containers
                .Select(container => ContainerLabels.ToHpcContainer(node, container))
                .Where(container => jobs[node].Any(matches => matches(container.JobId)))
                .Where(container => names.Any(name => name.IsMatch(container.Name))));
        });
    }
}
