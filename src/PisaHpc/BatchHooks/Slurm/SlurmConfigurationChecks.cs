using System.Globalization;
using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>Whether what slurmctld runs with lets the hooks do their work, and do no harm.</summary>
internal static class SlurmConfigurationChecks
{
    private const string InstallRemedy = "Install-HpcBatchHook";
    private const string Reconfigure = "Have Slurm read its configuration: scontrol reconfigure.";

    private static readonly string[] NeededFlags = ["Alloc", "Contain", "DeferBatch"];
    private static readonly string[] Timeouts = ["PrologEpilogTimeout", "PrologTimeout", "EpilogTimeout"];

    // What slurm.conf(5) writes for a time that never ends.
    private const int Never = 65534;

    /// <summary>A node with a copy of slurm.conf of its own runs what the copy says.</summary>
    public static CheckFinding OfNode(HookNodeEvidence evidence) =>
        evidence.Facts.GetValueOrDefault("configuration") is not { } digest
        ? CheckFinding.Passed("slurmd gets its configuration from the controller")
        : digest == evidence.ConfigurationDigest
            ? CheckFinding.Passed("the controller's slurm.conf")
            : CheckFinding.Failed(
                "a slurm.conf that is another than the controller's",
                "Bring the controller's to the node as the site does, then: scontrol reconfigure.");

    /// <summary>Whether slurmctld calls the prolog and the epilog: a line that nobody has read is none.</summary>
    public static CheckFinding Lines(ControllerEvidence evidence)
    {
        var plan = SlurmConfPlan.Of(evidence.Hooks.Site, new SlurmConfRequest
        {
            Deadline = evidence.Deadline,
            TakesSeveralScripts = evidence.Hooks.Controller.TakesSeveralScripts,
        });
        var missing = new List<string>();
        foreach (var hook in new[] { ScriptHook.Prolog, ScriptHook.Epilog })
        {
            var isChain = plan.Scripts.Any(script => script.Path.StartsWith(hook.ChainDirectory + "/", StringComparison.Ordinal));
            var wanted = isChain ? hook.ChainDirectory + "/*"
                : plan.Keys.Contains(hook.Key, StringComparer.OrdinalIgnoreCase) ? hook.Program
                : evidence.Hooks.Site.All(hook.Key) is [.., var site] ? site.Value : hook.Program;
            var running = evidence.Running
                .Where(setting => setting.Key == hook.Key || setting.Key.StartsWith(hook.Key + "[", StringComparison.Ordinal))
                .Select(setting => setting.Value);
            if (!running.Contains(wanted))
            {
                missing.Add($"{hook.Key}={wanted}");
            }
        }

        return missing.Count == 0 ? CheckFinding.Passed($"Prolog={evidence.Value("Prolog")}, Epilog={evidence.Value("Epilog")}")
            : evidence.Hooks.Standing.Files.Any(file => MarkedLines.In(file.Text))
                ? CheckFinding.Failed($"slurmctld runs without {string.Join(" and ", missing)}, which its file has", Reconfigure)
                : CheckFinding.Failed($"slurmctld runs without {string.Join(" and ", missing)}", $"Join the hooks: {InstallRemedy}.");
    }

    /// <summary>Alloc runs the prolog at all nodes, Contain has the epilog wait for it, DeferBatch the script (slurm.conf(5)).</summary>
    public static CheckFinding Flags(ControllerEvidence evidence)
    {
        var flags = evidence.Words("PrologFlags");
        string[] missing = [.. NeededFlags.Except(flags, StringComparer.OrdinalIgnoreCase)];
        return missing.Length == 0
            ? CheckFinding.Passed(evidence.Value("PrologFlags"))
            : CheckFinding.Failed(
                $"{(flags.Count == 0 ? "none" : evidence.Value("PrologFlags"))}: {string.Join(", ", missing)} missing, so that a script "
                + "may begin before its containers run",
                $"Add them: {InstallRemedy}. {Reconfigure}");
    }

    /// <summary>Whether Slurm waits for our hooks longer than they last: one that it ends drains its node.</summary>
    public static CheckFinding Time(ControllerEvidence evidence)
    {
        var limits = Timeouts
            .Select(key => (Key: key, Sec: evidence.Seconds(key))).Where(limit => limit.Sec is > 0 and not Never).ToList();
        var tooShort = limits.Where(limit => limit.Sec <= evidence.LongestSec).ToList();
        return tooShort.Count > 0
            ? CheckFinding.Failed(
                $"{tooShort[0].Key}={tooShort[0].Sec} s, and a hook may last {evidence.LongestSec} s: Slurm would end it and drain the "
                + "node",
                $"Raise it above {evidence.LongestSec}, or install the hooks with a smaller -DeadlineSec.")
            : CheckFinding.Passed(limits.Count == 0
                ? $"a hook may last {evidence.LongestSec} s, and Slurm sets no limit"
                : $"a hook may last {evidence.LongestSec} s, {string.Join(", ", limits.Select(limit => $"{limit.Key}={limit.Sec} s"))}");
    }

    /// <summary>A batch job whose prolog lasts longer than this may be called missing and be requeued (slurm.conf(5)).</summary>
    public static CheckFinding BatchStart(ControllerEvidence evidence) => evidence.Seconds("BatchStartTimeout") is not { } limit
        ? CheckFinding.Unknown("slurmctld does not say BatchStartTimeout")
        : limit > evidence.LongestSec
            ? CheckFinding.Passed($"BatchStartTimeout={limit} s, above the {evidence.LongestSec} s of a hook")
            : CheckFinding.Warning(
                $"BatchStartTimeout={limit} s, and a hook may last {evidence.LongestSec} s: Slurm may take the job for lost",
                $"Raise it: {InstallRemedy}. {Reconfigure}");

    /// <summary>A credential that expires while the prolog runs is refused then.</summary>
    public static CheckFinding Credential(ControllerEvidence evidence)
    {
        const string Name = "cred_expire=";
        const int Default = 120;
        var word = evidence.Words("AuthInfo").LastOrDefault(part => part.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        var life = int.TryParse(word?[Name.Length..], CultureInfo.InvariantCulture, out var seconds) ? seconds : Default;
        return life > evidence.LongestSec
            ? CheckFinding.Passed($"credentials live {life} s")
            : CheckFinding.Warning(
                $"credentials live {life} s, and a hook may last {evidence.LongestSec} s",
                $"Raise cred_expire in AuthInfo: {InstallRemedy}; then restart slurmctld and every slurmd.");
    }

    /// <summary>A client that hangs on a file system keeps a step from ending, and its node is drained after this.</summary>
    public static CheckFinding KillTime(ControllerEvidence evidence)
    {
        const int Least = 120;
        return evidence.Seconds("UnkillableStepTimeout") is not { } limit
            ? CheckFinding.Unknown("slurmctld does not say UnkillableStepTimeout")
            : limit >= Least ? CheckFinding.Passed($"UnkillableStepTimeout={limit} s")
            : CheckFinding.Warning(
                $"UnkillableStepTimeout={limit} s: a step that ends slowly drains its node",
                "Set UnkillableStepTimeout=180 in slurm.conf.");
    }

    /// <summary>Whether Slurm knows and holds a job's processes by its groups.</summary>
    public static CheckFinding Processes(ControllerEvidence evidence)
    {
        var (track, task) = (evidence.Value("ProctrackType"), evidence.Value("TaskPlugin"));
        var found = $"ProctrackType={track}, TaskPlugin={task}";
        return track == "proctrack/cgroup" && evidence.Words("TaskPlugin").Any(word => word.EndsWith("cgroup", StringComparison.Ordinal))
            ? CheckFinding.Passed(found)
            : CheckFinding.Warning(
                $"{found}: what a job leaves is not found by its group, and its limits do not hold",
                "Set ProctrackType=proctrack/cgroup and TaskPlugin=task/cgroup,task/affinity in slurm.conf; it takes a restart.");
    }

    /// <summary>Whether submissions are looked at, with the names that the site has now.</summary>
    public static CheckFinding JobSubmit(ControllerEvidence evidence)
    {
        if (!evidence.Words("JobSubmitPlugins").Any(word => word.EndsWith("lua", StringComparison.OrdinalIgnoreCase)))
        {
            return CheckFinding.Failed(
                "slurmctld runs without JobSubmitPlugins=lua: scripts run on the node, and not in their container",
                $"{InstallRemedy}; {Reconfigure}");
        }

        var change = evidence.Hooks.JobSubmitJoined();
        if (change.Changes)
        {
            return CheckFinding.Failed($"{change.Path} does not call pisahpc.lua", $"Join it: {InstallRemedy}.");
        }

        HookFile[] files =
        [
            new(evidence.Hooks.LuaFile, HookFiles.Lua, HookFile.Readable),
            new(evidence.Hooks.NamesFile, HookFiles.Names(evidence.Site), HookFile.Readable),
        ];
        return files.FirstOrDefault(file => evidence.Lua.GetValueOrDefault(file.Path) != file.Standing) is { } other
            ? CheckFinding.Failed(
                $"{other.Path} "
                + (evidence.Lua.GetValueOrDefault(other.Path) is null ? "is not there" : "is not this module's and this site's"),
                $"Write it anew: {InstallRemedy}.")
            : CheckFinding.Passed(
                $"{change.Path} calls pisahpc.lua, which knows {Plural.Of(evidence.Site.Environments.Count, "environment")}");
    }

    /// <summary>Whether salloc's shell runs in the container, which a site has to want.</summary>
    public static CheckFinding Interactive(ControllerEvidence evidence)
    {
        var program = HookPlace.Directory + "/slurm-job";
        var isStep = evidence.Words("LaunchParameters").Contains("use_interactive_step", StringComparer.OrdinalIgnoreCase);
        return isStep && evidence.Value("InteractiveStepOptions").Contains(program, StringComparison.Ordinal)
            ? CheckFinding.Passed($"salloc's shell runs by {program}")
            : CheckFinding.Skipped("salloc's shell runs where it did", $"For a shell in the container: {InstallRemedy} -InteractiveStep.");
    }
}
