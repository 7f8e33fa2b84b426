using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs;

/// <summary>Rebuilds jobs from the nodes and the port area, after whoever started them has gone.</summary>
/// <param name="ports">The port area; null when the site has none.</param>
public sealed class JobFinder(Cluster cluster, PortArea? ports)
{
    /// <summary>Where to look for a job: on nodes that are named, and on those of its lease; where neither says, elsewhere.</summary>
    /// <param name="named">The nodes that are named.</param>
    /// <param name="elsewhere">The nodes where it may be when nothing is known of it.</param>
    public IReadOnlyList<string> NodesOf(string jobId, IEnumerable<string> named, Func<IReadOnlyList<string>> elsewhere)
    {
        string[] known = [.. named.Union(ports?.Find(jobId)?.Nodes ?? [])];
        return known.Length > 0 ? known : elsewhere();
    }

    /// <summary>Finds jobs.</summary>
    /// <param name="jobIds">The jobs; null for every job.</param>
    /// <param name="nodes">The nodes to ask; the nodes that the jobs' leases name are asked too.</param>
    /// <returns>The jobs in the order of their ids.</returns>
    public async Task<IReadOnlyList<HpcJob>> FindAsync(
        IReadOnlyCollection<string>? jobIds, IEnumerable<string> nodes, CancellationToken cancellationToken)
    {
        var leases = Leases(jobIds).ToDictionary(lease => lease.JobId);

        // Before the nodes are asked: of a job whose start ends in between, the containers are seen.
        var busy = leases.Values.Where(lease => ports!.IsBusy(lease)).Select(lease => lease.JobId).ToHashSet();
        var asked = nodes.Concat(leases.Values.SelectMany(lease => lease.Nodes)).Distinct();
        var filter = ContainerLabels.Filter(jobIds is { Count: 1 } ? jobIds.First() : null);
        var found = new ConcurrentBag<(string Node, EngineContainer Container)>();
        await cluster.OnEachAsync(
            asked,
            async (node, stopping) =>
            {
                var engine = await cluster.Engines.ConnectAsync(node, stopping);
                foreach (var container in await engine.ListAsync(filter, stopping))
                {
                    found.Add((node, container));
                }
            },
            cancellationToken,
            phase: Phase.FindJob);
        var byJob = found.ToLookup(item => item.Container.Labels[ContainerLabels.Job]);
        return
        [
            .. byJob.Select(group => group.Key)
                .Union(leases.Keys)
                .Where(id => jobIds?.Contains(id) != false)
                .Order(StringComparer.Ordinal)
                .Select(id => JobView.From(id, leases.GetValueOrDefault(id), [.. byJob[id]], busy.Contains(id)))
        ];
    }

    private IEnumerable<JobPort> Leases(IReadOnlyCollection<string>? jobIds) => jobIds is null
        ? ports?.List() ?? []
        : jobIds.Select(id => ports?.Find(id)).OfType<JobPort>();
}
