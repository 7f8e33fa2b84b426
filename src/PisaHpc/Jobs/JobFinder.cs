using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Nodes;
using PisaHpc.Ports;

namespace PisaHpc.Jobs;

/// <summary>Rebuilds jobs from the nodes and the port area, after whoever started them has gone.</summary>
/// <param name="engines">The nodes' engines.</param>
/// <param name="ports">The port area; null when the site has none.</param>
public sealed class JobFinder(IEngineConnector engines, PortArea? ports)
{
    /// <summary>Finds jobs.</summary>
    /// <param name="jobId">The job; null for every job.</param>
    /// <param name="nodes">The nodes to ask; the nodes that the job's lease names are asked too.</param>
    /// <param name="throttle">How many nodes are asked at a time.</param>
    /// <param name="timeout">How long each may take.</param>
    /// <param name="failed">Told of each node that did not answer.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <returns>The jobs in the order of their ids.</returns>
    public async Task<IReadOnlyList<HpcJob>> FindAsync(
        string? jobId,
        IEnumerable<string> nodes,
        int throttle,
        TimeSpan timeout,
        Action<string, Exception> failed,
        CancellationToken cancellationToken)
    {
        var leases = Leases(jobId).ToDictionary(lease => lease.JobId);
        var asked = nodes.Concat(leases.Values.SelectMany(lease => lease.Nodes)).Distinct();
        var found = new ConcurrentBag<(string Node, EngineContainer Container)>();
        await FanOut.RunAsync(
            asked,
            throttle,
            timeout,
            async (node, stopping) =>
            {
                await using var engine = await engines.ConnectAsync(node, stopping);
                foreach (var container in await engine.ListAsync(ContainerLabels.Filter(jobId), stopping))
                {
                    found.Add((node, container));
                }
            },
            failed,
            cancellationToken);
        var byJob = found.ToLookup(item => item.Container.Labels[ContainerLabels.Job]);
        return
        [
            .. byJob.Select(group => group.Key)
                .Union(leases.Keys)
                .Order(StringComparer.Ordinal)
                .Select(id => JobView.From(id, leases.GetValueOrDefault(id), [.. byJob[id]]))
        ];
    }

    private IEnumerable<JobPort> Leases(string? jobId) => jobId is null
        ? ports?.List() ?? []
        : new[] { ports?.Find(jobId) }.OfType<JobPort>();
}
