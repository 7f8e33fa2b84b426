using System.Management.Automation;
using PisaHpc.Jobs;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Rebuilds jobs from the nodes and the port area.</summary>
[Cmdlet(VerbsCommon.Get, "HpcJob")]
[OutputType(typeof(HpcJob))]
public sealed class GetHpcJobCommand : NodeCmdlet
{
    private readonly HashSet<string> _jobIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nodes = new(StringComparer.Ordinal);

    /// <summary>The jobs; wildcards are allowed; every job when none is named. A container of no job names none.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = ["*"];

    /// <summary>The nodes to ask beside those that leases name; the site's nodes when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Nodes")]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string[] Node { get; set; } = [];

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _jobIds.UnionWith(JobId ?? []);
        _nodes.UnionWith(Node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_jobIds.Count == 0)
        {
            return;
        }

        var finder = new JobFinder(Cluster, SitePorts);
        string[]? ids = _jobIds.All(JobIdPattern.IsOne) ? [.. _jobIds] : null;
        var nodes = _jobIds.SelectMany(id => NodesOfJob(id, _nodes));
        var jobs = await finder.FindAsync(ids, nodes, StopToken);
        var wanted = _jobIds.Select(JobIdPattern.Of).ToArray();
        EmitAll(jobs.Where(job => wanted.Any(matches => matches(job.JobId))));
        foreach (var id in _jobIds.Where(JobIdPattern.IsOne).Except(jobs.Select(job => job.JobId)))
        {
            Report(new HpcException(ErrorId.JobNotFound, $"Job {Quote.Of(id)} has no lease and no container on the nodes asked.", id));
        }
    }
}
