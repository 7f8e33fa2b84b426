using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks;

/// <summary>Whether a node has what its batch system calls.</summary>
internal static class HookNodeChecks
{
    // munged(8): a credential lives 300 s unless somebody says otherwise.
    private const double CredentialLifeSec = 300;

    /// <summary>The hooks as this module has them, root's, with their modes: what is missing drains the node or returns jobs.</summary>
    public static CheckFinding Files(HookNodeEvidence evidence)
    {
        if (evidence.Different.Count == 0)
        {
            return CheckFinding.Passed("as this module has them, root's, with their modes");
        }

        var words = evidence.Different.Select(file => $"{file.File.Path} {Difference(file.File, file.Standing)}");
        return CheckFinding.Failed(string.Join("; ", words), $"Put them there: {InstallRemedy(evidence)}.");
    }

    private static string Difference(HookFile file, string? standing) => standing is null ? "is missing"
        : standing.StartsWith(file.Digest, StringComparison.Ordinal) ? $"has mode and owner {standing[(file.Digest.Length + 1)..]}"
        : "is another than this module's or this site's";

    /// <summary>Whether the program starts there, in this module's version.</summary>
    public static CheckFinding Program(HookNodeEvidence evidence) => evidence.Facts.GetValueOrDefault("version") is not { } version
        ? CheckFinding.Failed(
            $"{HookPlace.Hook} does not run: {Quote.Words(evidence.Facts.GetValueOrDefault("unrunnable"))}",
            $"Bring one that was built on such a system, or on an older one: {InstallRemedy(evidence)} -ProgramPath.")
        : version.Split('+')[0] == evidence.Version
            ? CheckFinding.Passed($"pisahpc-hook {version}")
            : CheckFinding.Warning(
                $"pisahpc-hook {version}, and the module is {evidence.Version}",
                $"Bring this module's: {InstallRemedy(evidence)} -ProgramPath.");

    /// <summary>Whether root reads the same site definition there.</summary>
    public static CheckFinding SiteDefinition(HookNodeEvidence evidence) => evidence.Facts.GetValueOrDefault("site") switch
    {
        null => CheckFinding.Failed(
            $"root cannot read {evidence.Site.Path}", "Bring the site definition to the node, under the path that it has here."),
        var digest when evidence.SiteDigest is not null && digest != evidence.SiteDigest => CheckFinding.Warning(
            $"{evidence.Site.Path} is another than here", "Bring this machine's to the node."),
        _ => CheckFinding.Passed($"{evidence.Site.Path}, the same as here"),
    };

    /// <summary>Whether failures can be written down, in memory and by root alone.</summary>
    public static CheckFinding Records(HookNodeEvidence evidence)
    {
        var directory = evidence.Site.RunDirectory;
        return evidence.Facts.GetValueOrDefault("run")?.Split(' ') is not [var type, var mode, var owner]
            ? CheckFinding.Passed($"{directory} is made at the first job")
            : owner != "0" || (Convert.ToInt32(mode, 8) & 0b010_010) != 0
                ? CheckFinding.Failed(
                    $"{directory} has mode {mode} and belongs to user id {owner}: somebody could put records there",
                    $"Give it to root: chown root {directory}; chmod 755 {directory}.")
            : type is not ("tmpfs" or "ramfs")
                ? CheckFinding.Warning($"{directory} is on {type}: what it says of jobs outlives a boot", "Mount a tmpfs there.")
            : evidence.Facts.GetValueOrDefault("records") is { } records && records != "directory 711 0"
                ? CheckFinding.Failed(
                    $"{directory}/.{evidence.System} is: {records}", $"Remove it when no job runs: rm -r {directory}/.{evidence.System}.")
            : CheckFinding.Passed($"{directory} on {type}");
    }

    /// <summary>Only groups that the engine makes itself can be put below a job's.</summary>
    public static CheckFinding CgroupDriver(HookNodeEvidence evidence) => evidence.CgroupDriver switch
    {
        null => CheckFinding.Unknown("the engine does not answer"),
        "cgroupfs" => CheckFinding.Passed("cgroupfs: containers can be held by their job's group"),
        var driver => CheckFinding.Warning(
            $"{driver}: containers get a group beside their job's, with the limits that the site gives them",
            "Where the job's own limits have to hold, let the engine make its groups itself: native.cgroupdriver=cgroupfs."),
    };

    /// <summary>Hosts whose clocks differ refuse each other's credentials: those of munge live 300 s (munged(8)).</summary>
    public static CheckFinding Clock(HookNodeEvidence evidence)
    {
        const string Remedy = "Run a time service on the node: chronyc tracking, or timedatectl.";
        var (skew, allowed) = (Math.Abs(evidence.ClockSkewSec), evidence.Site.Preflight.ClockSkew.TotalSeconds);
        return skew > CredentialLifeSec ? CheckFinding.Failed($"at least {Math.Ceiling(skew):0} s off this machine's", Remedy)
            : skew > allowed ? CheckFinding.Warning($"at least {Math.Ceiling(skew):0} s off this machine's", Remedy)
            : CheckFinding.Passed($"within {allowed:0} s of this machine");
    }

    /// <summary>Whether the node has the name by which its batch system knows it.</summary>
    /// <param name="batchSystem">The batch system, in words.</param>
    /// <param name="remedy">What gives it that name.</param>
    public static CheckFinding HostName(HookNodeEvidence evidence, string batchSystem, string remedy)
    {
        var name = evidence.Facts.GetValueOrDefault("name") ?? "";
        return name.Split('.')[0] == evidence.Node.Split('.')[0]
            ? CheckFinding.Passed(name)
            : CheckFinding.Failed(
                $"its own name is {name}: {batchSystem} does not know it as {evidence.Node}", remedy);
    }

    private static string InstallRemedy(HookNodeEvidence evidence) => evidence.System switch
    {
        "slurm" => "Install-HpcBatchHook",
        "lsf" => "Install-HpcBatchHook Lsf",
        _ => "Install-HpcBatchHook HTCondor",
    };
}
