using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
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
        IReadOnlyCollection<string>? jobIds, IEnumerable<string> nodes, CancellationToken cancellationToken) =>
        (await LookAsync(jobIds, nodes, cancellationToken)).Jobs;

    /// <summary>The same, with the nodes that answered.</summary>
    internal async Task<FoundJobs> LookAsync(
        IReadOnlyCollection<string>? jobIds, IEnumerable<string> nodes, CancellationToken cancellationToken)
    {
        var leases = Leases(jobIds).ToDictionary(lease => lease.JobId);

        // Before the nodes are asked: of a job whose start ends in between, the containers are seen.
        var busy = leases.Values.Where(lease => ports!.IsBusy(lease)).Select(lease => lease.JobId).ToHashSet();

        // A lease takes its nodes out of a text each time: once for all nodes.
        var leased = leases.Values.SelectMany(lease => lease.Nodes.Select(node => (Node: node, lease.JobId)))
            .ToLookup(one => one.Node, one => one.JobId, StringComparer.Ordinal);
        var asked = nodes.Concat(leased.Select(jobs => jobs.Key)).Distinct();
        var filter = ContainerLabels.Filter(jobIds is { Count: 1 } ? jobIds.First() : null);
        var found = new ConcurrentBag<(string Node, EngineContainer Container)>();
        var answered = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await cluster.OnEachAsync(
            asked,
            async (node, stopping) =>
            {
                var engine = await cluster.Engines.ConnectAsync(node, stopping);
                var containers = await engine.ListAsync(filter, stopping);
                foreach (var container in containers.Concat(await PlacedAsync(node, LeasedWithout(node, containers), stopping)))
                {
                    found.Add((node, container));
                }

                answered[node] = true;
            },
            cancellationToken,
            phase: Phase.FindJob);
        var byJob = found.ToLookup(item => item.Container.Labels[ContainerLabels.Job]);
        HpcJob[] jobs =
        [
            .. byJob.Select(group => group.Key)
                .Union(leases.Keys)
                .Where(id => jobIds?.Contains(id) != false)
                .Order(StringComparer.Ordinal)
                .Select(id => JobView.From(id, leases.GetValueOrDefault(id), [.. byJob[id]], busy.Contains(id)))
        ];
        return new FoundJobs(jobs, [.. answered.Keys]);

        HashSet<string> LeasedWithout(string node, IEnumerable<EngineContainer> containers) => leased[node]
            .Except(containers.Select(container => container.Labels[ContainerLabels.Job])).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The jobs that a node has no container of, where they are placed into static environments'.</summary>
    private async Task<IEnumerable<EngineContainer>> PlacedAsync(
        string node, HashSet<string> jobIds, CancellationToken cancellationToken)
    {
        if (jobIds.Count == 0)
        {
            return [];
        }

        var placed = await (await PlacedJobs.OnAsync(cluster, node, cancellationToken)).ListAsync(cancellationToken);
        return placed.Where(one => jobIds.Contains(one.JobId)).Select(one => one.ToContainer());
    }

    /// <summary>A job that somebody began to start since nodes were asked; null where nobody did.</summary>
    internal HpcJob? FindBegun(string jobId) =>
        ports?.Find(jobId) is { } lease ? JobView.From(jobId, lease, [], busy: true) : null;

    /// <summary>
    /// Finds a job that is to be stopped, and where: on the nodes that are its own, or, where nothing names one, anywhere on the site.
    /// </summary>
    /// <param name="named">Nodes that somebody names as the job's.</param>
    /// <param name="ofAllocation">The nodes that its allocation names; asked where neither the caller nor the lease names one.</param>
    /// <param name="ofSite">The nodes where it may be when nothing is known of it.</param>
    /// <param name="runDirectory">Where jobs' directories are on each node.</param>
    /// <returns>
    /// What a <see cref="JobStopper"/> is to take away. A node that did not answer is no failure here: the stopper asks it again.
    /// </returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: there is no node to look on.</exception>
    public async Task<JobStopRequest> FindToStopAsync(
        string jobId,
        IReadOnlyCollection<string> named,
        Func<IReadOnlyList<string>> ofAllocation,
        Func<IReadOnlyList<string>> ofSite,
        string runDirectory,
        CancellationToken cancellationToken)
    {
        var silent = new ConcurrentDictionary<string, NodeFailure>();
        var own = NodesOf(jobId, named, ofAllocation);
        var elsewhere = own.Count > 0 ? [] : ofSite();
        if (own.Count + elsewhere.Count == 0)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"No node is known where job {jobId} could be: no lease and no allocation names one, and the site definition lists none.",
                jobId,
                "List the nodes in nodes.names of the site definition.");
        }

        var finder = new JobFinder(cluster with { Failed = failure => silent[failure.Node] = failure }, ports);
        var found = await finder.FindAsync([jobId], own.Concat(elsewhere), cancellationToken);
        return new JobStopRequest
        {
            Job = found.Count > 0 ? found[0] : HpcJob.None(jobId),
            Nodes = own,
            Elsewhere = elsewhere,
            Silent = [.. elsewhere.Where(silent.ContainsKey).Select(node => silent[node])],
            RunDirectory = runDirectory,
        };
    }

    private IEnumerable<JobPort> Leases(IReadOnlyCollection<string>? jobIds) => jobIds is null
        ? ports?.List() ?? []
        : jobIds.Select(id => ports?.Find(id)).OfType<JobPort>();
}

/// <summary>What a look at nodes and port area found.</summary>
/// <param name="Jobs">The jobs in the order of their ids.</param>
/// <param name="Answered">The nodes that said which containers they have.</param>
internal sealed record FoundJobs(IReadOnlyList<HpcJob> Jobs, IReadOnlyCollection<string> Answered);
