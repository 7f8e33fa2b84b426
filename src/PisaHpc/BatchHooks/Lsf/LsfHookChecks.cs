using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>What the checks of a management host judge.</summary>
/// <param name="Hooks">What stands there.</param>
/// <param name="Deadline">How long a start may last on its nodes.</param>
/// <param name="Server">What stands under the paths of the esub and its words; null where nothing does.</param>
internal sealed record LsfEvidence(LsfHooks Hooks, TimeSpan Deadline, IReadOnlyDictionary<string, string?> Server)
{
    /// <summary>The longest that one of our hooks lasts, in seconds.</summary>
    public int LongestSec => (int)(Deadline + HookPlace.TakeBack).TotalSeconds;

    /// <summary>The site's profiles with their sections, null for one that lsb.applications has not.</summary>
    public IReadOnlyList<(LsfProfile Profile, LsfSection? Section)> Profiles { get; } = SectionsOf(Hooks);

    private static IReadOnlyList<(LsfProfile Profile, LsfSection? Section)> SectionsOf(LsfHooks hooks)
    {
        var applications = LsfApplications.Parse(hooks.Applications.Path, hooks.Applications.Before ?? "");
        return [.. hooks.Profiles.Select(profile => (profile, applications.Find(profile.Name)))];
    }
}

/// <summary>What the checks of a node judge.</summary>
/// <param name="Node">What every batch system's nodes have.</param>
/// <param name="Sudoers">Its lsf.sudoers.</param>
internal sealed record LsfNodeEvidence(HookNodeEvidence Node, LsfSudoers Sudoers);

/// <summary>The checks of an LSF's hooks: whether what LSF reads lets them do their work, and do no harm.</summary>
internal static class LsfHookChecks
{
    private const string InstallRemedy = "Install-HpcBatchHook Lsf";

    private static readonly string[] Timeouts = ["JOB_PREPROC_TIMEOUT", "JOB_POSTPROC_TIMEOUT"];

    /// <summary>Those of the management host.</summary>
    public static IReadOnlyList<HookCheck<LsfEvidence>> OfController { get; } =
    [
        new("HookLines", Lines), new("PostHolds", PostHolds), new("HookTime", Time), new("RetryLimit", RetryLimit), new("Esub", Esub),
        new("RootHooks", RootHooks),
    ];

    /// <summary>Those of a node.</summary>
    public static IReadOnlyList<HookCheck<LsfNodeEvidence>> OfNode { get; } =
    [
        Common("HookFiles", HookNodeChecks.Files), Common("HookProgram", HookNodeChecks.Program),
        Common("HookSite", HookNodeChecks.SiteDefinition), Common("HookRecords", HookNodeChecks.Records), new("HookUser", User),
        Common("HostName", HostName), Common("CgroupDriver", HookNodeChecks.CgroupDriver), Common("Clock", HookNodeChecks.Clock),
    ];

    /// <summary>The names of all of them.</summary>
    public static IReadOnlyList<string> Names => [.. OfController.Select(check => check.Name), .. OfNode.Select(check => check.Name)];

    /// <summary>Whether LSF has a profile for each environment that calls the hooks: a file that it has not read is none.</summary>
    private static CheckFinding Lines(LsfEvidence evidence)
    {
        var path = evidence.Hooks.Applications.Path;
        var words = evidence.Profiles.SelectMany(pair => pair.Section is null ? [$"{pair.Profile.Name} is missing"]
            : pair.Profile.Calls.Where(call => pair.Section[call.Key] != call.Value)
                .Select(call => $"{pair.Profile.Name} has not {call.Key} = {call.Value}"));
        if (string.Join("; ", words) is { Length: > 0 } missing)
        {
            return CheckFinding.Failed($"{path}: {missing}", $"Join the profiles: {InstallRemedy}.");
        }

        var names = evidence.Profiles.Select(pair => pair.Profile.Name).ToList();
        return evidence.Hooks.Controller.Profiles is not { } read
            ? CheckFinding.Unknown($"{path} has {string.Join(", ", names)}, and LSF does not answer: {evidence.Hooks.Controller.Refusal}")
            : names.Where(name => !read.ContainsKey(name)).ToList() is { Count: > 0 } unread
                ? CheckFinding.Failed(
                    $"LSF runs without {string.Join(", ", unread)}, which its file has", "Have LSF read it: badmin reconfig.")
                : CheckFinding.Passed(string.Join(", ", names));
    }

    /// <summary>Without it the job's slots are free while its containers, and its port, are still there.</summary>
    private static CheckFinding PostHolds(LsfEvidence evidence) => Each(
        evidence,
        section => section["JOB_INCLUDE_POSTPROC"].Equals("Y", StringComparison.OrdinalIgnoreCase)
            ? null
            : "JOB_INCLUDE_POSTPROC is not Y: the next job may meet the containers of the one before",
        "a job keeps its slots until its post-execution has ended");

    /// <summary>A hook that LSF ends leaves its work undone; one that never ends holds the slots.</summary>
    private static CheckFinding Time(LsfEvidence evidence) => Each(
        evidence,
        section => string.Join(", ", Timeouts.Select(key =>
                section[key].Length == 0 ? $"{key} is not set, and LSF waits for ever"
                : section.Number(key) is not { } minutes ? $"{key}={section[key]} is no number of minutes"
                : minutes * 60 <= evidence.LongestSec ? $"{key}={minutes} minutes, and a hook may last {evidence.LongestSec} s"
                : null).OfType<string>()) is { Length: > 0 } words
            ? words
            : null,
        $"a hook may last {evidence.LongestSec} s, and LSF waits longer");

    /// <summary>LSF tries a pre-execution that fails for ever, unless somebody says otherwise (lsb.params(5)).</summary>
    private static CheckFinding RetryLimit(LsfEvidence evidence) => Each(
        evidence,
        section => section.Number("LOCAL_MAX_PREEXEC_RETRY") is null ? "LOCAL_MAX_PREEXEC_RETRY is not set: what fails is tried for ever"
            : section["LOCAL_MAX_PREEXEC_RETRY_ACTION"].Equals("EXIT", StringComparison.OrdinalIgnoreCase) ? null
            : "LOCAL_MAX_PREEXEC_RETRY_ACTION is not EXIT: a job that was tried often enough stays, suspended",
        "what fails is tried a number of times");

    /// <summary>LSF runs those of queues and profiles as whom lsf.sudoers(5) names, and ours need root.</summary>
    private static CheckFinding RootHooks(LsfEvidence evidence)
    {
        var executions = evidence.Hooks.Controller.Executions;
        var users = string.Join("; ", executions.Where(call => call.IsUsers).Select(call => $"{call.Place}: {call.Line}"));
        return users.Length > 0
            ? CheckFinding.Failed(
                $"users' programs run as root: {users}",
                "Take those lines out, and have LSF read it: badmin reconfig. bsub -E and -Ep run as the user.")
            : CheckFinding.Passed(executions.Count > 0
                ? $"the site's own run as root, too: {LsfCall.PlacesOf(executions)}" : "nothing but the hooks runs as root");
    }

    private static CheckFinding Esub(LsfEvidence evidence)
    {
        var (hooks, server) = (evidence.Hooks, evidence.Server);
        string[] words =
        [
            .. from file in new[] { hooks.Esub, hooks.Words }
               let standing = server.GetValueOrDefault(file.Path)
               where standing != file.Standing
               select $"{file.Path} {(standing is null ? "is not there" : "is not this module's and this site's")}",
            .. hooks.Links.Where(link => hooks.EsubLinks.GetValueOrDefault(link.Path) != link.Target)
                .Select(link => $"{link.Path} does not lead to {link.Target}"),
        ];
        return words.Length > 0
            ? CheckFinding.Failed(string.Join("; ", words), $"Write it anew: {InstallRemedy}.")
            : CheckFinding.Passed($"{hooks.Esub.Path} knows {Plural.Of(hooks.Links.Count, "word")}");
    }

    private static CheckFinding User(LsfNodeEvidence evidence)
    {
        var sudoers = evidence.Sudoers;
        var user = sudoers.User is { } named ? $"names {named}" : "names nobody";
        return sudoers.IsFit ? CheckFinding.Passed($"{LsfSudoers.File}: root")
            : sudoers.User != "root"
                ? CheckFinding.Failed(
                    $"{LsfSudoers.File} {user}: LSF does not run the hooks as root, and they start nothing",
                    $"{InstallRemedy}; then: badmin hrestart {evidence.Node.Node}.")
                : CheckFinding.Failed(
                    $"{LsfSudoers.File} has mode and owner {sudoers.Standing}, so that LSF ignores it",
                    $"chown root {LsfSudoers.File}; chmod 600 {LsfSudoers.File}; badmin hrestart {evidence.Node.Node}.");
    }

    private static CheckFinding HostName(HookNodeEvidence evidence) => HookNodeChecks.HostName(
        evidence, "LSF", "Give it the name that LSF has for it: hostnamectl, or LSF's hosts file.");

    private static CheckFinding Each(LsfEvidence evidence, Func<LsfSection, string?> problem, string good)
    {
        var found = evidence.Profiles.Where(pair => pair.Section is not null)
            .Select(pair => (pair.Profile.Name, Problem: problem(pair.Section!))).Where(pair => pair.Problem is not null).ToList();
        return evidence.Profiles.All(pair => pair.Section is null)
            ? CheckFinding.Skipped("there is no profile", $"Join them: {InstallRemedy}.")
            : found.Count == 0 ? CheckFinding.Passed(good)
            : CheckFinding.Failed(
                string.Join("; ", found.Select(pair => $"{pair.Name}: {pair.Problem}")),
                $"Write the profiles anew: {InstallRemedy}; then: badmin reconfig.");
    }

    private static HookCheck<LsfNodeEvidence> Common(string name, Func<HookNodeEvidence, CheckFinding> judge) =>
        new(name, evidence => judge(evidence.Node));
}
