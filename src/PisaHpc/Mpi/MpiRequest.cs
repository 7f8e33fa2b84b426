using PisaHpc.Access;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>What to run with MPI in a job's containers.</summary>
public sealed record MpiRequest
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>How one gets into the job's containers: by ssh for <see cref="MpiLauncher.Ssh"/>, else by an agent.</summary>
    public required IContainerAccess Access { get; init; }

    /// <summary>The job's directory, on each node and in each container.</summary>
    public string Directory => Access.Directory ?? "";

    /// <summary>The nodes with their slots, in the order in which ranks are placed; the launcher runs on the first.</summary>
    public required IReadOnlyList<AllocatedNode> Nodes { get; init; }

    /// <summary>Whether these are all nodes of the job, so that the job's own host file says the same.</summary>
    public bool IsWholeJob { get; init; }

    /// <summary>The MPI implementation; null takes the one whose launcher is called <c>mpirun</c> in the container.</summary>
    public MpiFlavour? Flavour { get; init; }

    /// <summary>
    /// The network between the nodes, in CIDR form or as an interface's name; null takes the one by which the first node reaches the
    /// second.
    /// </summary>
    public string? Network { get; init; }

    /// <summary>How ranks get to the other nodes.</summary>
    public MpiLauncher Launcher { get; init; } = MpiLauncher.Ssh;

    /// <summary>Options for the launcher itself, between the module's own and the command.</summary>
    public IReadOnlyList<string> LauncherOptions { get; init; } = [];

    /// <summary>The program, as the containers know it.</summary>
    public required string Command { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables for every rank.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The working directory in the containers; null is the user's home.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>How many ranks; null is one for each slot.</summary>
    public int? Ranks { get; init; }

    /// <summary>Whether more ranks than slots are allowed.</summary>
    public bool Oversubscribe { get; init; }

    /// <summary>Checks what no shell or launcher could carry, and what the slots do not allow.</summary>
    /// <returns>Where the ranks run.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>.</exception>
    internal RankMap Check()
    {
        Require(Nodes.Count > 0, JobId, "has no node to run on");
        Require(Command.Length > 0, JobId, "has no command to run");
        Require(
            WorkingDirectory is null || WorkingDirectory.StartsWith('/'), WorkingDirectory!, "is not an absolute path in the containers");
        RequireFlavour();
        foreach (var name in Environment.Keys)
        {
            Require(VariableName.IsOne(name), name, "is not a variable's name");
            Require(name != SessionVariables.RunMark, name, "is the variable by which the module finds a run's processes");
        }

        foreach (var text in Arguments.Concat(LauncherOptions).Concat(Environment.Values).Append(Command))
        {
            Require(!text.Contains('\0', StringComparison.Ordinal), text, "holds a NUL, which no argument can carry");
        }

        return RankMap.Of(Nodes, Ranks, Oversubscribe);
    }

    /// <summary>Ranks of Open MPI find each other by another protocol than MPICH's. By the wrong one each would be rank 0 of 1.</summary>
    private void RequireFlavour()
    {
        if (Launcher == MpiLauncher.Srun && Flavour is null)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"Which MPI the image of job {JobId} has is not said: srun starts ranks of Open MPI with PMIx and those of MPICH with "
                    + "PMI-2, and each would be rank 0 of 1 by the wrong one.",
                JobId,
                "Say it: -Flavour OpenMpi or Mpich; or mpi: openmpi or mpich in the site definition, for the jobs that start then.");
        }
    }

    private static void Require(bool good, string value, string problem)
    {
        if (!good)
        {
            throw new HpcException(ErrorId.InvalidValue, $"{Quote.Of(value)} {problem}.", value);
        }
    }
}

/// <summary>What starts the ranks, and how they get to the other nodes.</summary>
public enum MpiLauncher
{
    /// <summary>The image's own launcher, which logs in to the other containers through the job's own sshds and keys.</summary>
    Ssh,

    /// <summary>
    /// Slurm's srun on the first node, with PMIx for Open MPI and PMI-2 for MPICH, as a step of the job; the agents start the ranks in the
    /// containers, which need no sshd.
    /// </summary>
    Srun,
}
