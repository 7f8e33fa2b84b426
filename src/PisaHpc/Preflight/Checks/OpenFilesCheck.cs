using PisaHpc.Engines;

namespace PisaHpc.Preflight.Checks;

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
