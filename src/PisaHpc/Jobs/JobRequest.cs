using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Jobs;

/// <summary>A job to start.</summary>
public sealed record JobRequest
{
    /// <summary>The containers that it is to have, on which nodes.</summary>
    public required AllocationPlanRequest Containers { get; init; }

    /// <summary>The allocation.</summary>
    public HpcAllocation Allocation => Containers.Allocation;

    /// <summary>The environment, its layers merged.</summary>
    public HpcEnvironment Environment => Containers.Environment;

    /// <summary>Where the job's directory is made on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>How long the port's lease holds.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>Whether host-based authentication is offered beside the key.</summary>
    public bool HostBased { get; init; }

    /// <summary>
    /// Asks the batch system how much memory it granted on each node, in bytes; null where that is known, or bounds nothing. It has a
    /// deadline of its own.
    /// </summary>
    public Func<CancellationToken, Task<IReadOnlyDictionary<string, long>>>? AskMemory { get; init; }

    /// <summary>
    /// The user for whom alone the job is started, by login name: what there is of it already has to be his. Null for a job whose id comes
    /// from who hands the ids out.
    /// </summary>
    public string? ForUser { get; init; }

    /// <summary>Whether the job is begun only where nothing of it is anywhere: no lease, and no container.</summary>
    public bool OnlyNew { get; init; }

    /// <summary>The job's directory on each node.</summary>
    public string Directory => JobDirectory.PathOf(
        Containers.Place is { } place ? JobPlace.DirectoryOf(RunDirectory, place.Definition.Name) : RunDirectory, Allocation.JobId);

    /// <summary>
    /// What a job that runs already has otherwise than it is asked for here: <c>slots n1*8, not n1*16</c>. None when it is as asked for.
    /// </summary>
    public IReadOnlyList<string> DifferencesOf(HpcJob running)
    {
        ArgumentNullException.ThrowIfNull(running);
        var nodes = running.Nodes.Select(node => new AllocatedNode(node.Name, node.Slots));
        (string What, string Has, string Asked)[] compared =
        [
            ("image", running.Image, ImageReference.Parse(Environment.Image).WithoutDigest().ToString()),
            ("slots", SlotMap.Format(nodes), SlotMap.Format(Allocation.Nodes)),
            ("owner", running.Owner, Allocation.Owner.Name),
        ];
        return [.. compared.Where(item => item.Has != item.Asked).Select(item => $"{item.What} {item.Has}, not {item.Asked}")];
    }
}
