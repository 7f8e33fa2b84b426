using PisaHpc.Nodes;

namespace PisaHpc.Batch;

/// <summary>How a batch system keeps its jobs off a node for a while: the script that has it do so, and the lines of an admin's.</summary>
internal sealed record NodeHold
{
    /// <summary>The batch system's name, for people.</summary>
    public required string System { get; init; }

    /// <summary>The script, over Batch/hold-node.sh.</summary>
    public required NodeScript Script { get; init; }

    /// <summary>What the script is told behind the arguments that all have.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The line that shows what keeps jobs off a node.</summary>
    public required Func<string, string> Show { get; init; }

    /// <summary>What that line says of a reason.</summary>
    public required Func<string, string> Shown { get; init; }

    /// <summary>The line that gives a node back.</summary>
    public required Func<string, string> GiveBack { get; init; }

    /// <summary>The line that lists a node's jobs.</summary>
    public required Func<string, string> ListJobs { get; init; }

    /// <summary>Who may do it.</summary>
    public required string Whose { get; init; }

    /// <summary>The way of a batch system.</summary>
    /// <param name="profile">Of LSF the profile.lsf by which it is told; null for that of the host.</param>
    /// <returns>Null for a batch system that is not told.</returns>
    public static NodeHold? Of(Scheduler system, string? profile) => system switch
    {
        Scheduler.Slurm => Slurm,
        Scheduler.Lsf => Lsf with { Arguments = [profile ?? ""] },
        Scheduler.HTCondor => HTCondor,
        _ => null,
    };

    private static NodeHold Slurm { get; } = new()
    {
        System = "Slurm",
        Script = NodeScript.Of("Batch/Slurm/hold-node.sh"),
        Show = node => $"scontrol show node {node}",
        Shown = reason => $"Reason={reason}",
        GiveBack = node => $"scontrol update NodeName={node} State=UNDRAIN",
        ListJobs = node => $"squeue --nodelist={node}",
        Whose = "Who drains nodes is root or SlurmUser.",
    };

    private static NodeHold Lsf { get; } = new()
    {
        System = "LSF",
        Script = NodeScript.Of("Batch/Lsf/hold-node.sh"),
        Show = node => $"bhosts -l {node}",
        Shown = reason => $"ADMIN ACTION COMMENT: {reason}",
        GiveBack = node => $"badmin hopen {node}",
        ListJobs = node => $"bjobs -u all -m {node}",
        Whose = "Who closes hosts is root or an LSF administrator.",
    };

    private static NodeHold HTCondor { get; } = new()
    {
        System = "HTCondor",
        Script = NodeScript.Of("Batch/HTCondor/hold-node.sh"),
        Show = node => $"condor_status -direct {node} -af:h Name State DrainReason",
        Shown = reason => reason,
        GiveBack = node => $"condor_drain -cancel {node}",
        ListJobs = node => $"condor_status -direct {node} -af:h Name State JobId RemoteUser",
        Whose = "Its condor_startd has to run; who drains it has ADMINISTRATOR access there.",
    };
}
