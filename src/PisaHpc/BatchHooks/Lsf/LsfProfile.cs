using System.Text.RegularExpressions;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>
/// An application profile of lsb.applications(5), by which LSF calls the hooks for jobs of an environment, and the words by which users
/// ask for it: <c>bsub -a docker-cs7</c>.
/// </summary>
/// <param name="Environment">The environment's name.</param>
/// <param name="Words">The profile's own name first, then those of the environment's other names.</param>
internal sealed partial record LsfProfile(string Environment, IReadOnlyList<string> Words)
{
    // What LSF takes beyond our longest hook.
    private const int MarginSec = 10;

    /// <summary>The profile's name.</summary>
    public string Name => Words[0];

    /// <summary>The name of the script that checks the words, in LSF_SERVERDIR.</summary>
    public const string Esub = "esub.docker";

    /// <summary>The profiles of a site, by name.</summary>
    public static IReadOnlyList<LsfProfile> Of(HpcSite site) =>
    [
        .. from environment in site.Environments.OrderBy(environment => environment.Key, StringComparer.Ordinal)
           where IsOfLsf(environment.Key)
           let others = environment.Value.Aliases.Select(alias => alias.Value).Where(IsOfLsf).Order(StringComparer.Ordinal)
           select new LsfProfile(environment.Key, [.. others.Prepend(environment.Key).Select(WordOf).Distinct(StringComparer.Ordinal)]),
    ];

    /// <summary>The names of a site that LSF has no word for: its esubs are called by letters, digits, '_' and '-'.</summary>
    public static IReadOnlyList<string> NamesWithoutWord(HpcSite site) =>
    [
        .. site.Environments.SelectMany(environment => environment.Value.Aliases.Select(alias => alias.Value).Prepend(environment.Key))
            .Where(name => !IsOfLsf(name))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The list that <see cref="Esub"/> reads: each word with its profile.</summary>
    public static string ListOf(IEnumerable<LsfProfile> profiles) => string.Concat(
        from profile in profiles from word in profile.Words select $"{word} {profile.Name}\n");

    /// <summary>Its section.</summary>
    /// <param name="deadline">How long a start may last.</param>
    public IReadOnlyList<string> Section(TimeSpan deadline)
    {
        var minutes = MinutesFor(deadline);
        return
        [
            "Begin Application",
            $"NAME = {Name}",
            $"DESCRIPTION = in the container of the environment {Environment}",
            .. Calls.Select(call => $"{call.Key} = {call.Value}"),
            "JOB_INCLUDE_POSTPROC = Y",
            $"JOB_PREPROC_TIMEOUT = {minutes}",
            $"JOB_POSTPROC_TIMEOUT = {minutes}",
            "LOCAL_MAX_PREEXEC_RETRY = 3",
            "LOCAL_MAX_PREEXEC_RETRY_ACTION = EXIT",
            "End Application",
        ];
    }

    /// <summary>What its section has to say for the hooks to be called; values are as LSF reads them.</summary>
    public IReadOnlyDictionary<string, string> Calls => new Dictionary<string, string>
    {
        ["HOST_PRE_EXEC"] = $"{HookPlace.Directory}/lsf-pre {Environment}",
        ["HOST_POST_EXEC"] = $"{HookPlace.Directory}/lsf-post {Environment}",
        ["JOB_STARTER"] = $"{HookPlace.Directory}/lsf-job {Environment} \"%USRCMD\"",
    };

    /// <summary>The least whole minutes in which a hook ends by itself.</summary>
    private static int MinutesFor(TimeSpan deadline) =>
        (int)Math.Ceiling((deadline + HookPlace.TakeBack + TimeSpan.FromSeconds(MarginSec)).TotalMinutes);

    private static string WordOf(string name) =>
        name.StartsWith("docker-", StringComparison.Ordinal) && name.Length > "docker-".Length ? name : "docker-" + name;

    private static bool IsOfLsf(string name) => LsfName().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LsfName();
}
