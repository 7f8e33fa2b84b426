namespace PisaHpc.Preflight.Checks;

/// <summary>Whether jobs' keys lie in memory: what is written to a disk outlives the job that it belonged to.</summary>
internal sealed class RunDirectoryCheck : INodeCheck
{
    private const string Usual = "/run/pisahpc";

    public string Name => "RunDirectory";

    public string About => "jobs' keys lie on a tmpfs";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        var (directory, type) = (evidence.Request.Site.RunDirectory, evidence.Facts.RunFileSystem);
        return type.Length == 0 ? CheckFinding.Skipped($"stat does not tell the file system of {directory}")
            : type is "tmpfs" or "ramfs" ? CheckFinding.Passed($"{directory} on {type}")
            : CheckFinding.Warning($"{directory} is on {type}", Remedy(directory));
    }

    private static string Remedy(string directory) => directory == Usual || directory.StartsWith(Usual + "/", StringComparison.Ordinal)
        ? "Mount a tmpfs at /run of the node, as systemd does; or choose a runDirectory on another."
        : $"Choose a runDirectory on a tmpfs, such as {Usual}.";
}
