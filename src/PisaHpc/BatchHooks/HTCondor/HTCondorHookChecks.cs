using System.Globalization;
using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>What the checks of a node judge.</summary>
/// <param name="Node">What every batch system's nodes have.</param>
/// <param name="Condor">What it says of its HTCondor.</param>
/// <param name="Sudoers">How <see cref="HTCondorSudoers.File"/> stands there: digest, mode and owner's id; null where it does not.</param>
/// <param name="Deadline">How long a start may last there.</param>
internal sealed record HTCondorNodeEvidence(HookNodeEvidence Node, HTCondorNode Condor, string? Sudoers, TimeSpan Deadline);

/// <summary>The checks of HTCondor's hooks: whether what HTCondor and sudo read lets them do their work, and do no harm.</summary>
internal static class HTCondorHookChecks
{
    private const string InstallRemedy = "Install-HpcBatchHook HTCondor";

    /// <summary>Those of a node.</summary>
    public static IReadOnlyList<HookCheck<HTCondorNodeEvidence>> OfNode { get; } =
    [
        Common("HookFiles", HookNodeChecks.Files), Common("HookProgram", HookNodeChecks.Program),
        Common("HookSite", HookNodeChecks.SiteDefinition), Common("HookRecords", HookNodeChecks.Records),
        new("HookLines", Lines), new("HookKeyword", Keyword), new("HookTime", Time), new("HookRoot", Root), new("Startd", Startd),
        new("ScratchPath", ScratchPath),
        new("HostName", HostName), Common("CgroupDriver", HookNodeChecks.CgroupDriver), Common("Clock", HookNodeChecks.Clock),
    ];

    /// <summary>The names of all of them.</summary>
    public static IReadOnlyList<string> Names => [.. OfNode.Select(check => check.Name)];

    private static CheckFinding Lines(HTCondorNodeEvidence evidence)
    {
        if (evidence.Condor.Programs is null)
        {
            return CheckFinding.Failed("there is no condor_config_val", "Name the directory that has it: -CondorBin.");
        }

        if (evidence.Condor["wrapper"] != HTCondorHooks.Wrapper.Target)
        {
            return CheckFinding.Failed(
                $"{HTCondorLines.Wrapper} is no link to {HTCondorHooks.Wrapper.Target}: every job fails",
                $"Put it there: {InstallRemedy}.");
        }

        var missing = HTCondorLines.MissingOn(evidence.Condor);
        return missing.Count > 0
            ? CheckFinding.Failed(
                string.Join("; ", missing),
                $"Join the lines: {InstallRemedy}; then: condor_reconfig. A file that HTCondor reads later may say otherwise: "
                + "condor_config_val -v.")
            : CheckFinding.Passed("hooks, wrapper, STARTD_ATTRS and STARTD_JOB_ATTRS are in force for jobs that start now");
    }

    private static CheckFinding Keyword(HTCondorNodeEvidence evidence) => HTCondorLines.DefaultOn(evidence.Condor) switch
    {
        HTCondorLines.Keyword => CheckFinding.Passed($"jobs that name no hooks have those of {HTCondorLines.Keyword}"),
        null => CheckFinding.Failed(
            $"no hooks are called for jobs that do not say +HookKeyword = \"{HTCondorLines.Keyword}\"",
            $"{InstallRemedy}; then: condor_reconfig."),
        var other => CheckFinding.Warning(
            $"jobs that name no hooks have those of {other}",
            $"A job that asks for an environment has to say +HookKeyword = \"{HTCondorLines.Keyword}\", too."),
    };

    /// <summary>HTCondor goes on without an exit hook that lasts too long, and then kills it.</summary>
    private static CheckFinding Time(HTCondorNodeEvidence evidence)
    {
        var longest = (evidence.Deadline + HookPlace.TakeBack).TotalSeconds;
        var said = HTCondorLines.ExitTimeoutOn(evidence.Condor);
        return int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > longest
            ? CheckFinding.Passed($"an exit hook may last {longest:0} s, and HTCondor waits {seconds} s")
            : CheckFinding.Failed(
                $"an exit hook may last {longest:0} s, and HTCondor waits {said} s", $"{InstallRemedy}, with the same -DeadlineSec.");
    }

    /// <summary>Without root nothing starts; and what root runs has to be root's to write.</summary>
    private static CheckFinding Root(HTCondorNodeEvidence evidence)
    {
        var condor = evidence.Condor;
        return condor["DISABLE_SETUID"]?.Equals("true", StringComparison.OrdinalIgnoreCase) == true
            ? CheckFinding.Failed(
                "DISABLE_SETUID = true: no new privileges for anything that HTCondor runs, so that sudo does nothing",
                "Set it to false on this node and restart HTCondor there, or leave the hooks off it.")
            : !condor.Facts.ContainsKey("sudo") ? CheckFinding.Failed("there is no sudo", "Install it.")
            : !condor.HasPrivilegedShell ? CheckFinding.Failed(
                "/bin/sh does not know -p: every job that asks for an environment goes back into the queue",
                "Have bash, or dash from 0.5.11 on, be /bin/sh there.")
            : evidence.Sudoers is not { } standing || !standing.EndsWith($" {HTCondorSudoers.Mode} 0", StringComparison.Ordinal)
                ? CheckFinding.Failed(
                    $"{HTCondorSudoers.File} {(evidence.Sudoers is null ? "is missing" : "has another mode or owner than 440 and root")}",
                    $"Put it there: {InstallRemedy}.")
            : condor["sudo"] != $"{HTCondorSudoers.Program} start"
                ? CheckFinding.Failed(
                    $"sudo does not let a user run {HTCondorSudoers.Program} start",
                    "Have /etc/sudoers read the directory, @includedir /etc/sudoers.d, and no later line forbid it: visudo -c.")
            : CheckFinding.Passed($"sudo runs {HTCondorSudoers.Program} for a user, and nothing else of ours");
    }

    /// <summary>Root asks the startd itself whose a slot is: by a file that HTCondor alone may write.</summary>
    private static CheckFinding Startd(HTCondorNodeEvidence evidence) => evidence.Condor.StartdAddress?.Split(' ', 2) switch
    {
        null => CheckFinding.Skipped(
            $"{evidence.Condor["STARTD_ADDRESS_FILE"] ?? "STARTD_ADDRESS_FILE"} is not there yet",
            "Look again when condor_startd runs there."),
        [var mode, ..] when (Convert.ToInt32(mode, 8) & 0b010_010) != 0 => CheckFinding.Failed(
            $"{evidence.Condor["STARTD_ADDRESS_FILE"]} has mode {mode}: somebody could name another condor_startd",
            $"chmod 644 {evidence.Condor["STARTD_ADDRESS_FILE"]}, and look who may write to its directory."),
        _ when evidence.Condor["startd-unkept"] is { } open => CheckFinding.Failed(
            $"{open} is another's than root's or HTCondor's, or open to others: somebody could name another condor_startd",
            $"chown and chmod it, or have STARTD_ADDRESS_FILE elsewhere; then: {InstallRemedy}."),
        [_, ['<', .., '>'] address] => CheckFinding.Passed($"it listens at {address}"),
        _ => CheckFinding.Failed(
            $"{evidence.Condor["STARTD_ADDRESS_FILE"]} has no address in its first line", "Restart condor_startd there."),
    };

    /// <summary>A container gets the directory that a starter makes for its job in EXECUTE: users must not put others there.</summary>
    private static CheckFinding ScratchPath(HTCondorNodeEvidence evidence) => evidence.Condor["execute"] switch
    {
        null => CheckFinding.Skipped("EXECUTE is no directory yet", "Look again when HTCondor has run there."),
        var mode when (Convert.ToInt32(mode, 8) & 0b010_010) != 0 => CheckFinding.Failed(
            $"{evidence.Condor["EXECUTE"]} has mode {mode}: jobs that ask for an environment are held",
            $"chmod 755 {evidence.Condor["EXECUTE"]}; its owner stays HTCondor's."),
        _ when evidence.Condor["execute-unkept"] is { } open => CheckFinding.Failed(
            $"{open} is another's than root's or HTCondor's, or open to others: jobs that ask for an environment are held",
            "chown and chmod it, or have EXECUTE elsewhere."),
        var mode => CheckFinding.Passed($"{evidence.Condor["EXECUTE"]} has mode {mode}"),
    };

    private static CheckFinding HostName(HTCondorNodeEvidence evidence) => HookNodeChecks.HostName(
        evidence.Node, "HTCondor", "Give it the name that the site definition has for it: hostnamectl.");

    private static HookCheck<HTCondorNodeEvidence> Common(string name, Func<HookNodeEvidence, CheckFinding> judge) =>
        new(name, evidence => judge(evidence.Node));
}
