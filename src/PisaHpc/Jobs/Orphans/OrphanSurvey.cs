using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Orphans;

/// <summary>A look at the nodes: what they have of jobs, and which of them did not answer.</summary>
internal sealed class OrphanSurvey(Cluster cluster, OrphanSearch search)
{
    private readonly ConcurrentDictionary<string, NodeTraces> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, NodeFailure> _failures = new(StringComparer.Ordinal);

    /// <summary>The nodes that were asked, in the order of their names.</summary>
    public IReadOnlyCollection<NodeTraces> Nodes => [.. _nodes.Values.OrderBy(node => node.Node, StringComparer.Ordinal)];

    /// <summary>Reads the nodes, then those that what was found there names.</summary>
    /// <param name="leases">The leases that jobs are looked for by.</param>
    /// <param name="others">Other leases: they count where something of their job is found.</param>
    /// <returns>The jobs in the order of their ids.</returns>
    public async Task<IReadOnlyList<JobTraces>> ReadAsync(
        IReadOnlyList<JobPort> leases, IReadOnlyList<JobPort> others, CancellationToken cancellationToken)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        IReadOnlyList<JobTraces> jobs = [];
        for (string[] next = [.. search.Nodes.Union(leases.SelectMany(lease => lease.Nodes))]; next.Length > 0;)
        {
            asked.UnionWith(next);
            await (cluster with { Failed = failure => _failures[failure.Node] = failure })
                .OnEachAsync(next, ReadNodeAsync, cancellationToken, phase: Phase.FindJob);
            jobs = Join(leases, others);
            next = [.. jobs.SelectMany(job => job.NamedNodes).Distinct(StringComparer.Ordinal).Except(asked)];
        }

        return jobs;
    }

    /// <summary>Whether all nodes of a job said what runs there.</summary>
    public bool HasTold(JobTraces job) => job.Nodes.All(node => _nodes.TryGetValue(node, out var traces) && traces.HasTold);

    /// <summary>Whether a node of a job failed.</summary>
    public bool HasFailed(JobTraces job) => job.Nodes.Any(_failures.ContainsKey);

    /// <summary>
    /// Tells the failures of nodes. One that is only silent, and that no job names, is none: sites power nodes down that nobody needs.
    /// </summary>
    /// <returns>Those.</returns>
    public IReadOnlyList<string> TellFailures(IEnumerable<JobTraces> jobs)
    {
        var named = jobs.SelectMany(job => job.Nodes).ToHashSet(StringComparer.Ordinal);
        var asleep = _failures.Values
            .Where(failure => failure.Id is ErrorId.NodeUnreachable or ErrorId.NodeTimeout && !named.Contains(failure.Node))
            .ToArray();
        foreach (var failure in _failures.Values.Except(asleep).OrderBy(failure => failure.Node, StringComparer.Ordinal))
        {
            cluster.Failed(failure);
        }

        return [.. asleep.Select(failure => failure.Node).Order(StringComparer.Ordinal)];
    }

    private IReadOnlyList<JobTraces> Join(IReadOnlyList<JobPort> leases, IReadOnlyList<JobPort> others)
    {
        var counted = leases.Select(lease => lease.JobId).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. JobTraces.Of(leases.Concat(others), Nodes, search.Evidence.IsJobId)
                .Where(job => search.IsMeant(job.JobId) && (job.Places.Count > 0 || counted.Contains(job.JobId)))
        ];
    }

    private Task ReadNodeAsync(string node, CancellationToken cancellationToken) =>
        _nodes.GetOrAdd(node, name => new NodeTraces(name)).ReadAsync(
            cluster, search.RunDirectory, search.Evidence, HookRecord.AreKeptBy(search.System), cancellationToken);
}
