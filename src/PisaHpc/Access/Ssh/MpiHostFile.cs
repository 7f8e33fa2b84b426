using PisaHpc.Batch;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Access.Ssh;

/// <summary>Host files of MPI launchers: which nodes, in which order, with how many slots each.</summary>
public static class MpiHostFile
{
    /// <summary>The name of a flavour's host file in a job's directory.</summary>
    /// <param name="flavour">The implementation.</param>
    public static string NameFor(MpiFlavour flavour) => flavour switch
    {
        MpiFlavour.OpenMpi => "hosts.openmpi",
        MpiFlavour.Mpich => "hosts.mpich",
        _ => throw new ArgumentOutOfRangeException(nameof(flavour), flavour, "No host file is known for this flavour."),
    };

    /// <summary>
    /// The host file: <c>o2wn01 slots=32</c> for Open MPI, <c>o2wn01:32</c> for Hydra. Neither form can carry an ssh port (ompi#2224).
    /// </summary>
    /// <param name="flavour">The implementation.</param>
    /// <param name="nodes">The nodes in the order in which ranks are placed.</param>
    public static string Text(MpiFlavour flavour, IEnumerable<AllocatedNode> nodes) => string.Concat(nodes.Select(node => flavour switch
    {
        MpiFlavour.OpenMpi => $"{node.Name} slots={node.Slots}\n",
        MpiFlavour.Mpich => $"{node.Name}:{node.Slots}\n",
        _ => throw new ArgumentOutOfRangeException(nameof(flavour), flavour, "No host file is known for this flavour."),
    }));
}

/// <summary>
/// What Hydra runs instead of ssh: <c>sh [-x] FILE NODE COMMAND…</c>. When its ssh to a node fails, Hydra waits for ever
/// (mpi-operator#152), so this says which node was lost and ends the launcher. It also hands the run's mark to the node, by which its
/// processes are found; by env(1), since not every login shell lets a variable stand before a command.
/// </summary>
public static class HydraAgent
{
    /// <summary>The file's name. It is read by sh, not executed: /run is often mounted noexec.</summary>
    public const string FileName = "hydra_ssh";

    /// <summary>The file's text; it finds the job's directory by its own path.</summary>
    internal static readonly string Text = NodeScript.Of("Access/Ssh/hydra-agent.sh").Text + "\n";
}
