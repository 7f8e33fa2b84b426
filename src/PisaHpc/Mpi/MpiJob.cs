using PisaHpc.Access;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>What a running job's containers say of themselves that MPI needs.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Access">How one gets into its containers.</param>
/// <param name="Nodes">All of its nodes with their slots, in the allocation's order.</param>
/// <param name="Flavour">The MPI implementation of its environment; null when the container does not say.</param>
/// <param name="Network">The network of its environment; null when the node's network decides.</param>
/// <param name="Scheduler">The batch system that granted it; null when none did.</param>
public sealed record MpiJob(
    string JobId, IContainerAccess Access, IReadOnlyList<AllocatedNode> Nodes, MpiFlavour? Flavour, string? Network, string? Scheduler)
{
    /// <summary>Asks a node for the job.</summary>
    /// <param name="node">A node of the job.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.JobNotFound"/>: no container of the job runs there.</exception>
    public static async Task<MpiJob> FindAsync(
        Cluster cluster, string jobId, string node, CancellationToken cancellationToken)
    {
        var container = await PlacedJobs.RunningOnAsync(cluster, jobId, node, cancellationToken);
        return new MpiJob(
            jobId,
            ContainerLabels.ToHpcContainer(node, container).GetAccess(),
            ContainerLabels.NodesOf(container),
            Enum.TryParse<MpiFlavour>(container.Labels.GetValueOrDefault(ContainerLabels.Mpi), out var flavour) ? flavour : null,
            container.Labels.GetValueOrDefault(ContainerLabels.MpiNetwork),
            container.Labels.GetValueOrDefault(ContainerLabels.Scheduler));
    }

    /// <summary>The request to run a command on some or all of the job's nodes.</summary>
    /// <param name="nodes">The nodes; none is all of them.</param>
    /// <param name="command">The program.</param>
    /// <param name="launcher">What is to start the ranks.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a node that is not the job's, and for srun where the job is none of Slurm's;
    /// <see cref="ErrorId.SshAccessMissing"/>, <see cref="ErrorId.AgentMissing"/>: the containers lack what the launcher needs.
    /// </exception>
    public MpiRequest RequestFor(IReadOnlyCollection<string> nodes, string command, MpiLauncher launcher)
    {
        RequireWay(launcher);
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
            Launcher = launcher,
            Command = command,
        };
    }

    private void RequireWay(MpiLauncher launcher)
    {
        if (launcher == MpiLauncher.Ssh && Access is not SshAccess)
        {
            throw new HpcException(
                ErrorId.SshAccessMissing,
                $"Job {JobId} has no sshd in its containers, and the image's launcher gets from one to the others by ssh: they are entered "
                + $"by {(Access.Agent is not null ? "their agents" : "their engine")} alone.",
                JobId,
                Scheduler == nameof(Batch.Scheduler.Slurm) ? "Have Slurm start the ranks: -Launcher Srun." : null);
        }

        if (launcher == MpiLauncher.Srun && Scheduler != nameof(Batch.Scheduler.Slurm))
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"srun starts ranks in Slurm's jobs alone, and {JobId} is "
                + (Scheduler is null or nameof(Batch.Scheduler.Manual) ? "no batch system's." : $"a job of {Scheduler}."),
                JobId,
                "Have the image's launcher start them: -Launcher Ssh.");
        }

        if (launcher == MpiLauncher.Srun && Access.Agent is null)
        {
            throw new HpcException(
                ErrorId.AgentMissing,
                $"The containers of job {JobId} were started without agents, by which srun starts ranks in them.",
                JobId);
        }
    }
}
