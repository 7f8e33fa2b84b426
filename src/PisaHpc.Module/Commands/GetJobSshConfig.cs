using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Access.Ssh;
using PisaHpc.Containers.Placed;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Reads jobs' ssh configurations back from the nodes: one for each job, whoever made it.</summary>
[Cmdlet(VerbsCommon.Get, "JobSshConfig")]
[OutputType(typeof(JobSshConfig))]
public sealed class GetJobSshConfigCommand : NodeCmdlet
{
    private readonly ConcurrentDictionary<string, JobSshConfig> _found = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wanted = new(StringComparer.Ordinal);

    /// <summary>The jobs; wildcards are allowed; without it, every job that the nodes hold. A container of no job names none.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = ["*"];

    /// <summary>
    /// The nodes that are asked: names, host lists, patterns, or objects that carry nodes; those of the jobs when none is named, and the
    /// site's nodes where no lease tells them.
    /// </summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
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
        var jobIds = JobId ?? [];
        _wanted.UnionWith(jobIds.Where(JobIdPattern.IsOne));
        var nodes = jobIds.SelectMany(id => NodesOfJob(id, Node)).Distinct();
        return OnEachAsync("Looking for ssh configurations", Phase.Survey, nodes, async (node, stopping) =>
        {
            var connection = await Cluster.Nodes.ConnectAsync(node, stopping);
            await (jobIds is [var id] && JobIdPattern.IsOne(id)
                ? FindAsync(connection, id, stopping)
                : ListAsync(connection, jobIds, stopping));
        });
    }

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        EmitAll(_found.Values.OrderBy(config => config.JobId, StringComparer.Ordinal));
        foreach (var missing in _wanted.Where(id => _found.Values.All(config => config.JobId != id)))
        {
            Report(new HpcException(
                ErrorId.JobNotFound, $"Job {Quote.Of(missing)} has no ssh configuration on the nodes that answered.", missing));
        }

        return Task.CompletedTask;
    }

    private async Task ListAsync(INodeConnection connection, string[] patterns, CancellationToken cancellationToken)
    {
        var matches = JobIdPattern.AnyOf(patterns);
        foreach (var entry in await JobDirectory.ListAsync(connection, SiteDefinition.RunDirectory, cancellationToken))
        {
            Keep(entry.Config is { } config && matches(config.JobId) ? config : null);
        }

        await FindPlacedAsync(connection, matches, cancellationToken);
    }

    private async Task FindAsync(INodeConnection connection, string id, CancellationToken cancellationToken)
    {
        var directory = JobDirectory.PathOf(SiteDefinition.RunDirectory, id);
        if (await JobDirectory.FindAsync(connection, directory, cancellationToken) is { } own)
        {
            Keep(own);
            return;
        }

        await FindPlacedAsync(connection, id.Equals, cancellationToken);
    }

    /// <summary>Of jobs that are placed into static environments, whose directories are not in the run directory itself.</summary>
    private async Task FindPlacedAsync(INodeConnection connection, Func<string, bool> isMeant, CancellationToken cancellationToken)
    {
        foreach (var job in await new PlacedJobs(connection, SiteDefinition.RunDirectory).ListAsync(cancellationToken))
        {
            Keep(isMeant(job.JobId) ? await JobDirectory.FindAsync(connection, job.Directory, cancellationToken) : null);
        }
    }

    // Nodes of one job agree; two that do not are two configurations, and both are shown.
    private void Keep(JobSshConfig? config)
    {
        if (config is not null)
        {
            _found.TryAdd($"{config.JobId} {config.KeyFingerprint} {config.Port}", config);
        }
    }
}
