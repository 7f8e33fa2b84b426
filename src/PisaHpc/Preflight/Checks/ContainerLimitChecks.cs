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

    public string About => "a container gets the limits.memlock asked for; with InfiniBand 1 GiB at least";

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

/// <summary>
/// Whether a container gets the limit on open files that its environment asks for (RLIMIT_NOFILE, getrlimit(2)), and not so high a one
/// that programs drown in it: Open MPI 4's launcher closes every possible descriptor before it starts ssh, which with the 1073741816 of a
/// containerd under <c>LimitNOFILE=infinity</c> takes ten minutes and more.
/// </summary>
internal sealed class OpenFilesCheck : INodeCheck
{
    /// <summary>The kernel's own fs.nr_open unless somebody raised it (proc_sys_fs(5)): so many are closed in half a second.</summary>
    private const long MostWithoutDelay = 1 << 20;

    private const string Remedy = "Set limits.openFiles to a number such as 65536 in the site definition, or leave it out.";

    public string Name => "OpenFiles";

    public string About => "a container gets the limits.openFiles asked for, and not more than programs can cope with";

    public EvidenceKinds Needs => EvidenceKinds.Container;

    public CheckFinding Examine(NodeEvidence evidence) => ContainerFindings.Worst(evidence, Judge);

    private static CheckFinding Judge(ContainerProbe probe)
    {
        if (probe.OpenFilesRefusal is { } refusal)
        {
            return CheckFinding.Failed($"{probe.Names}: {refusal.Message}", refusal.RecommendedAction ?? Remedy);
        }

        if (probe.Seen?.OpenFiles is not { } seen)
        {
            return CheckFinding.Skipped(
                $"{probe.Names}: {(probe.Failure is null ? "the container does not tell its limit" : "the container was refused")}");
        }

        var found = $"{probe.Names}: {Words(seen)} inside, {Asked(probe.OpenFiles, seen)}";
        return seen is < 0 or > MostWithoutDelay
            ? CheckFinding.Warning(
                $"{found}; what closes every possible descriptor first, as Open MPI 4's launcher does, takes minutes to start", Remedy)
            : probe.OpenFiles is { Required: true, Count: var asked } && seen < asked
                ? CheckFinding.Failed(found, Remedy)
                : CheckFinding.Passed(found);
    }

    private static string Asked(OpenFilesLimit? limit, long seen) => limit switch
    {
        null => "the engine's own limit",
        { Required: true } => $"{limit.Count} asked for",
        _ => seen < limit.Count ? $"all that the node allows of the {limit.Count} by default" : $"{limit.Count} by default",
    };

    private static string Words(long limit) =>
        limit < 0 ? "unlimited" : limit.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// Whether a container's /dev/shm is as large as its environment asks for, and no larger than the node's memory, of which it is made
/// (tmpfs(5)): ranks on one node talk through it, and one that finds it full dies of SIGBUS.
/// </summary>
internal sealed class ShmCheck : INodeCheck
{
    private const string Remedy = "Set limits.shm in the site definition, such as 8g.";

    public string Name => "Shm";

    public string About => "a container's /dev/shm has the size asked for and fits into memory";

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

/// <summary>Judges what containers of each combination of limits got: the worst of them speaks for the node.</summary>
internal static class ContainerFindings
{
    public static CheckFinding Worst(NodeEvidence evidence, Func<ContainerProbe, CheckFinding> judge)
    {
        if (evidence.Details is null)
        {
            return CheckFinding.NoEngine(evidence);
        }

        var findings = evidence.Containers.Select(probe => Judge(probe, judge)).OrderByDescending(finding => finding.Result).ToList();
        return findings.Count == 0
            ? CheckFinding.Skipped("the site has no environment to check it for")
            : findings[0].Result == CheckResult.Passed
                ? CheckFinding.Passed(string.Join("; ", findings.Select(finding => finding.Evidence)))
                : findings[0];
    }

    private static CheckFinding Judge(ContainerProbe probe, Func<ContainerProbe, CheckFinding> judge) => probe.Failure switch
    {
        { Id: ErrorId.ImageNotFound } missing =>
            CheckFinding.Skipped(missing.Message, "Pull an environment's image first: Update-HpcImage."),
        { Id: not ErrorId.LimitRefused } failure => CheckFinding.Unknown($"no container could be looked at: {failure.Message}"),
        _ => judge(probe),
    };
}
