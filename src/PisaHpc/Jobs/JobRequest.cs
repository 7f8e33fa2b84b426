using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Jobs;

/// <summary>A job to start.</summary>
public sealed record JobRequest
{
    /// <summary>The allocation.</summary>
    public required HpcAllocation Allocation { get; init; }

    /// <summary>The environment, its layers merged.</summary>
    public required HpcEnvironment Environment { get; init; }

    /// <summary>Where the job's directory is made on each node.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>How long the port's lease holds.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>How many nodes are worked on at a time.</summary>
    public int Throttle { get; init; } = 32;

    /// <summary>How long each node may take; infinite by default, since the environment has its own time for becoming ready.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>The devices chosen by hand; null lets the environment choose.</summary>
    public IReadOnlyList<IbDevice>? Devices { get; init; }

    /// <summary>Ports to publish beside the job's.</summary>
    public IReadOnlyList<int> PublishedPorts { get; init; } = [];

    /// <summary>Whether host-based authentication is offered beside the key.</summary>
    public bool HostBased { get; init; }

    /// <summary>This attempt at starting the job.</summary>
    public string Attempt { get; } = ContainerNames.NewAttempt();

    /// <summary>The job's directory on each node.</summary>
    public string Directory => JobDirectory.PathOf(RunDirectory, Allocation.JobId);

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
