using PisaHpc.Engines;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether a container's /dev/shm is as large as its environment asks for, and no larger than the node's memory, of which it is made
/// (tmpfs(5)): ranks on one node talk through it, and one that finds it full dies of SIGBUS.
/// </summary>
internal sealed class ShmCheck : INodeCheck
{
    private const string Remedy = "Set limits.shm in the site definition, such as 8g.";

    public string Name => "Shm";

    public EvidenceKinds Needs => EvidenceKinds.Container;

    public CheckFinding Examine(NodeEvidence evidence) =>
        ContainerFindings.Worst(evidence, probe => Judge(probe, evidence.Facts.MemoryBytes));

    private static CheckFinding Judge(ContainerProbe probe, long? memory)
    {
        if (probe.Seen?.ShmBytes is not { } seen)
        {
            return CheckFinding.Skipped(
                $"{probe.Names}: {(probe.Failure is null ? "the container's df does not know /dev/shm" : "the container was refused")}");
        }

        var found = $"{probe.Names}: {ByteSize.Words(seen)} inside"
            + (probe.ShmBytes is { } asked ? $", {ByteSize.Words(asked)} asked for" : "");
        return probe.ShmBytes > seen ? CheckFinding.Failed(found, "See which layer sets limits.shm: Get-HpcEnvironment -Explain.")
            : seen > memory
                ? CheckFinding.Warning(
                    $"{found}; the node's memory is {ByteSize.Words(memory.Value)}",
                    "Lower limits.shm below the node's memory; which layer sets it: Get-HpcEnvironment -Explain.")
            : probe.ShmBytes is null ? CheckFinding.Warning($"{found}, the engine's own size", Remedy)
            : CheckFinding.Passed(found);
    }
}
