using PisaHpc.Batch;
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
