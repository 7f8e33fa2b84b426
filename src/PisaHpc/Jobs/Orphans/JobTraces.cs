using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Ports;

namespace PisaHpc.Jobs.Orphans;

/// <summary>All that was found of one job.</summary>
internal sealed record JobTraces(string JobId)
{
    /// <summary>Its lease; null when it has none.</summary>
    public JobPort? Lease { get; init; }

    /// <summary>Its containers with their nodes.</summary>
    public required IReadOnlyList<(string Node, EngineContainer Container)> Containers { get; init; }

    /// <summary>What is written down of it where it is placed into static environments' containers, with their nodes.</summary>
    public IReadOnlyList<(string Node, PlacedJob Job)> Placed { get; init; } = [];

    /// <summary>Its directories with their nodes.</summary>
    public required IReadOnlyList<(string Node, JobDirectoryEntry Directory)> Directories { get; init; }

    /// <summary>The ids by which nodes name what runs of it.</summary>
    public IReadOnlyList<string> RunsAs { get; init; } = [JobId];

    /// <summary>The nodes on which the batch system runs something of it.</summary>
    public required IReadOnlySet<string> RunsOn { get; init; }

    /// <summary>The nodes on which something of it was found.</summary>
    public IReadOnlyList<string> Places =>
        [.. Containers.Select(found => found.Node).Concat(Directories.Select(found => found.Node)).Distinct(StringComparer.Ordinal)];

    /// <summary>The nodes that its lease and its containers name.</summary>
    public IEnumerable<string> NamedNodes => (Lease?.Nodes ?? []).Concat(
        Containers.SelectMany(found => ContainerLabels.NodesOf(found.Container)).Select(node => node.Name));

    /// <summary>The nodes that may have something of it.</summary>
    public IReadOnlyList<string> Nodes => [.. NamedNodes.Concat(Places).Distinct(StringComparer.Ordinal)];

    /// <summary>The batch systems that granted it, by their own words: more than one where jobs of two have one id.</summary>
    public IReadOnlyList<string> Schedulers => Origin.Schedulers;

    /// <summary>The clusters that granted it; none where nothing tells.</summary>
    public IReadOnlyList<string> Clusters => Origin.Clusters;

    /// <summary>Whether a container of it runs, or will.</summary>
    public bool HasRunningContainer => Containers.Any(found => found.Container.IsAlive());

    /// <summary>When the newest of what was found was made; null where nothing tells.</summary>
    public DateTimeOffset? NewestAt => Origin.NewestAt;

    private JobOrigin Origin => JobOrigin.Of(Lease, Containers.Select(found => found.Container));

    /// <summary>Puts what was found together, by job.</summary>
    /// <param name="leases">The leases.</param>
    /// <param name="nodes">What nodes have.</param>
    /// <param name="isJobId">Whether a directory of that name is a job's, where nothing in it says so.</param>
    /// <returns>The jobs in the order of their ids.</returns>
    public static IReadOnlyList<JobTraces> Of(
        IEnumerable<JobPort> leases, IReadOnlyCollection<NodeTraces> nodes, Func<string, bool> isJobId)
    {
        var byJob = leases.ToDictionary(lease => lease.JobId, StringComparer.Ordinal);
        var containers = nodes.SelectMany(node => node.Containers.Select(container => (node.Node, Container: container)))
            .ToLookup(found => found.Container.Labels[ContainerLabels.Job], StringComparer.Ordinal);
        var named = byJob.Keys.Union(containers.Select(group => group.Key)).Where(JobIds.IsValid)
            .ToLookup(JobIds.FileName, StringComparer.Ordinal);
        var directories = nodes.SelectMany(node => node.Directories.Select(directory => (node.Node, Directory: directory)))
            .ToLookup(found => JobOf(found.Directory, named, isJobId) ?? "", StringComparer.Ordinal);
        return
        [
            .. byJob.Keys.Union(containers.Select(group => group.Key)).Union(directories.Select(group => group.Key))
                .Where(id => id.Length > 0)
                .Order(StringComparer.Ordinal)
                .Select(id => new JobTraces(id)
                {
                    Lease = byJob.GetValueOrDefault(id),
                    Containers = [.. containers[id]],
                    Placed = [.. nodes.SelectMany(node => node.Placed.Where(job => job.JobId == id).Select(job => (node.Node, job)))],
                    Directories = [.. directories[id]],
                    RunsOn = NodesThatRun(nodes, [id]),
                })
        ];
    }

    /// <summary>The same job where the batch system has told by which ids nodes name it.</summary>
    public JobTraces Named(IReadOnlyList<string> runsAs, IEnumerable<NodeTraces> nodes)
    {
        string[] ids = [JobId, .. runsAs.Where(id => id != JobId)];
        return this with { RunsAs = ids, RunsOn = NodesThatRun(nodes, ids) };
    }

    private static HashSet<string> NodesThatRun(IEnumerable<NodeTraces> nodes, string[] ids) =>
        nodes.Where(node => RunningJob.IsAmong(node.Running, ids)).Select(node => node.Node).ToHashSet(StringComparer.Ordinal);

    // A directory whose record is not written yet, or was spoiled by its user, belongs to the job that a lease or a container names.
    private static string? JobOf(JobDirectoryEntry entry, ILookup<string, string> named, Func<string, bool> isJobId)
    {
        var name = entry.Directory[(entry.Directory.LastIndexOf('/') + 1)..];
        return entry.Config?.JobId ?? (named[name].ToArray() is [var only] ? only : isJobId(name) ? name : null);
    }
}

/// <summary>Containers as orphans are judged by them.</summary>
internal static class Aliveness
{
    /// <summary>Whether a container runs, is paused, or is being restarted.</summary>
    public static bool IsAlive(this EngineContainer container) =>
        container.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting;
}
