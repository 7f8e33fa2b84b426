namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether what environments mount is there: a required source that is missing stops a job, and one that hangs stops it for longer.
/// </summary>
internal sealed class MountsCheck : INodeCheck
{
    public string Name => "Mounts";

    public string About => "the sources of required mounts exist, and answer within 10 s";

    public EvidenceKinds Needs => EvidenceKinds.Paths;

    public CheckFinding Examine(NodeEvidence evidence)
    {
        var mounts =
            (from environment in evidence.Request.Environments
             from mount in environment.Mounts
             select (mount.Source, mount.Optional, Environment: environment.Name)).ToList();
        if (mounts.Count == 0)
        {
            return CheckFinding.Skipped("no environment mounts anything of the node");
        }

        var sources = mounts.GroupBy(mount => mount.Source).ToList();
        var silent = sources.Where(source => evidence.Paths.Silent.Contains(source.Key)).Select(source => source.Key).ToList();
        var missing = sources.Where(source => evidence.Paths.Missing.Contains(source.Key)).ToList();
        var required =
            (from source in missing
             let askers = source.Where(mount => !mount.Optional).Select(mount => mount.Environment).ToList()
             where askers.Count > 0
             select $"{source.Key} (of {string.Join(", ", askers)})").ToList();
        return silent.Count > 0
            ? CheckFinding.Failed(
                $"no answer within {PathProbe.Patience.TotalSeconds:0} s from {string.Join(", ", silent)}",
                PathProbe.SilenceRemedy)
            : required.Count > 0
                ? CheckFinding.Failed(
                    $"missing: {string.Join("; ", required)}", "Mount it on the node, or mark it 'optional: true' in the site definition.")
                : CheckFinding.Passed(
                    $"{sources.Count - missing.Count} of {sources.Count} sources are there"
                    + (missing.Count == 0 ? "" : $"; optional and missing: {string.Join(", ", missing.Select(source => source.Key))}"));
    }
}
