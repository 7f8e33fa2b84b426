using PisaHpc.Access;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>What a running job's containers say of themselves that MPI needs.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Access">How one gets into its containers.</param>
/// <param name="Nodes">All of its nodes with their slots, in the allocation's order.</param>
/// <param name="Flavour">The MPI implementation of its environment; null when the container does not say.</param>
/// <param name="Network">The network of its environment; null when the node's network decides.</param>
public sealed record MpiJob(string JobId, SshAccess Access, IReadOnlyList<AllocatedNode> Nodes, MpiFlavour? Flavour, string? Network)
{
    /// <summary>Asks a node for the job.</summary>
    /// <param name="node">A node of the job.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobNotFound"/>: no container of the job runs there; <see cref="ErrorId.SshAccessMissing"/>.
    /// </exception>
    public static async Task<MpiJob> FindAsync(IEngineConnector engines, string jobId, string node, CancellationToken cancellationToken)
    {
        var engine = await engines.ConnectAsync(node, cancellationToken);
        var containers = await engine.ListAsync(ContainerLabels.Filter(jobId), cancellationToken);
        var container = containers.FirstOrDefault(container => container.State == ContainerState.Running) ?? throw new HpcException(
            ErrorId.JobNotFound, $"No container of job {jobId} runs on {node}.", node, $"See what became of it: Get-HpcJob '{jobId}'.");
        return new MpiJob(
            jobId,
            SshOf(ContainerLabels.ToHpcContainer(node, container)),
            ContainerLabels.NodesOf(container),
            Enum.TryParse<MpiFlavour>(container.Labels.GetValueOrDefault(ContainerLabels.Mpi), out var flavour) ? flavour : null,
            container.Labels.GetValueOrDefault(ContainerLabels.MpiNetwork));
    }

    /// <summary>The access by ssh: the launcher has to get from the first node's container into the others.</summary>
    private static SshAccess SshOf(HpcContainer container) => container.GetAccess() as SshAccess ?? throw new HpcException(
        ErrorId.SshAccessMissing,
        $"Job {container.JobId} has no sshd in its containers, and MPI gets from one to the others by ssh: {container.Name} on "
        + $"{container.Node} is entered by its {(container.Access == nameof(AccessKind.Agent) ? "agent" : "engine")} alone.",
        container.JobId);

    /// <summary>The request to run a command on some or all of the job's nodes.</summary>
    /// <param name="nodes">The nodes; none is all of them.</param>
    /// <param name="command">The program.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for a node that is not the job's.</exception>
    public MpiRequest RequestFor(IReadOnlyCollection<string> nodes, string command)
    {
        if (nodes.FirstOrDefault(name => Nodes.All(node => node.Name != name)) is { } stranger)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"Node {stranger} is not one of job {JobId}: {SlotMap.Format(Nodes)}.", stranger);
        }

        AllocatedNode[] chosen = nodes.Count == 0 ? [.. Nodes] : [.. Nodes.Where(node => nodes.Contains(node.Name))];
        return new MpiRequest
        {
            JobId = JobId,
            Access = Access,
            Nodes = chosen,
            IsWholeJob = chosen.Length == Nodes.Count,
            Flavour = Flavour,
            Network = Network,
            Command = command,
        };
    }
}
