namespace PisaHpc.Preflight.Checks;

/// <summary>Whether the node can be logged in to: that there is evidence at all is the proof.</summary>
internal sealed class SshCheck : INodeCheck
{
    public string Name => "Ssh";

    public string About => "a command runs on the node";

    public CheckFinding Examine(NodeEvidence evidence) => CheckFinding.Passed($"a command ran; kernel {evidence.Facts.Kernel}");
}
