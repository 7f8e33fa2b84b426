using PisaHpc.Nodes;

namespace PisaHpc.Access.Ssh;

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
