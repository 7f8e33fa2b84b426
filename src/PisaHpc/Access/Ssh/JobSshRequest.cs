using PisaHpc.Batch;
using PisaHpc.Posix;

namespace PisaHpc.Access.Ssh;

/// <summary>What a job's ssh files are made from.</summary>
public sealed record JobSshRequest
{
    /// <summary>The job: its id, its owner, and its nodes with their slots.</summary>
    public required HpcAllocation Allocation { get; init; }

    /// <summary>The port on which the job's sshd listens on each node.</summary>
    public required int Port { get; init; }

    /// <summary>The directory of the files, the same path on each node and in each container (<see cref="JobDirectory.PathOf"/>).</summary>
    public required string Directory { get; init; }

    /// <summary>The job's keys.</summary>
    public required JobKeys Keys { get; init; }

    /// <summary>The names of the owner's groups; a group without a name is called <c>gNUMBER</c>.</summary>
    public IReadOnlyList<GroupName> GroupNames { get; init; } = [];

    /// <summary>
    /// The login shell in the container: the owner's own may not exist in the image, where sshd would then refuse the login.
    /// </summary>
    public string Shell { get; init; } = "/bin/sh";

    /// <summary>Whether host-based authentication is offered beside the key; see <see cref="HostBasedFiles"/> for what it needs.</summary>
    public bool HostBased { get; init; }

    /// <summary>Every name of every node, in the allocation's order.</summary>
    internal IEnumerable<string> Names => Allocation.Nodes.Select(node => node.Name);
}
