using PisaHpc.Engines;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether a container gets the locked memory that its environment asks for, and enough of it for InfiniBand, whose registered memory
/// counts against RLIMIT_MEMLOCK (ibv_reg_mr(3), getrlimit(2)).
/// </summary>
internal sealed class MemlockCheck : INodeCheck
{
    /// <summary>Less than this does not hold the buffers of a few dozen queue pairs.</summary>
    private const long LeastForInfiniBand = 1L << 30;

    public string Name => "Memlock";

    public EvidenceKinds Needs => EvidenceKinds.Container;

    public CheckFinding Examine(NodeEvidence evidence) => ContainerFindings.Worst(evidence, probe => Judge(probe, evidence));

    private static CheckFinding Judge(ContainerProbe probe, NodeEvidence evidence)
    {
        var remedy =
            $"Raise the engine's own limit on the node: LimitMEMLOCK=infinity for {evidence.EngineTerms.Services}; then restart it.";
        if (probe.Failure is { Id: ErrorId.LimitRefused } refused)
        {
            return CheckFinding.Failed($"{probe.Names}: {refused.Message}", refused.RecommendedAction ?? remedy);
        }

        if (probe.Seen?.MemlockBytes is not { } seen)
        {
            return CheckFinding.Skipped($"{probe.Names}: the container does not tell its limit");
        }

        var found = $"{probe.Names}: {Words(seen)} inside" + (probe.MemlockBytes is { } asked ? $", {Words(asked)} asked for" : "");
        var isLess = probe.MemlockBytes is { } wanted && seen >= 0 && (wanted < 0 || seen < wanted);
        return isLess ? CheckFinding.Failed(found, remedy)
            : seen >= 0 && seen < LeastForInfiniBand && evidence.Facts.Devices.Count > 0
                ? CheckFinding.Warning(
                    $"{found}; the node has InfiniBand", "Set limits.memlock to unlimited in the site definition. " + remedy)
                : CheckFinding.Passed(found);
    }

    private static string Words(long bytes) => bytes < 0 ? "unlimited" : ByteSize.Words(bytes);
}
