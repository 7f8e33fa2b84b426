using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Base;
using PisaHpc.SshConfigs;

namespace PisaHpc.Commands;

/// <summary>Reads jobs' ssh configurations back from the nodes: one for each job, whoever made it.</summary>
[Cmdlet(VerbsCommon.Get, "JobSshConfig")]
[OutputType(typeof(JobSshConfig))]
public sealed class GetJobSshConfigCommand : NodeCmdlet
{
    private readonly ConcurrentDictionary<string, JobSshConfig> _found = new(StringComparer.Ordinal);
    private readonly List<string> _wanted = [];

    /// <summary>The jobs; without it, every job that the nodes hold.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[]? JobId { get; set; }

    /// <summary>The nodes that are asked: names, host lists, or objects that carry nodes.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Nodes")]
    [NodeNames]
    public string[] Node { get; set; } = [];

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _wanted.AddRange(JobId ?? []);
        return OnEachAsync(Node, JobId is null ? ListAsync : FindAsync);
    }

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        EmitAll(_found.Values.OrderBy(config => config.JobId, StringComparer.Ordinal));
        foreach (var missing in _wanted.Distinct().Where(id => _found.Values.All(config => config.JobId != id)))
        {
            Report(new HpcException(ErrorId.JobNotFound, $"Job {missing} has no ssh configuration on the nodes that answered.", missing));
        }

        return Task.CompletedTask;
    }

    private async Task ListAsync(string node, CancellationToken cancellationToken)
    {
        await using var connection = await Connector.ConnectAsync(node, cancellationToken);
        foreach (var entry in await JobDirectory.ListAsync(connection, SiteDefinition.RunDirectory, cancellationToken))
        {
            Keep(entry.Config);
        }
    }

    private async Task FindAsync(string node, CancellationToken cancellationToken)
    {
        await using var connection = await Connector.ConnectAsync(node, cancellationToken);
        foreach (var jobId in JobId!)
        {
            var directory = JobDirectory.PathOf(SiteDefinition.RunDirectory, jobId);
            Keep(await JobDirectory.FindAsync(connection, directory, cancellationToken));
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
