using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>
/// What HTCondor's configuration has to say for the hooks to be called: a file of ours in LOCAL_CONFIG_DIR, which is read after the site's
/// own by its name.
/// </summary>
internal static class HTCondorLines
{
    /// <summary>The keyword under which the hooks are known.</summary>
    public const string Keyword = "PISAHPC";

    /// <summary>The wrapper of jobs.</summary>
    public const string Wrapper = HookPlace.Directory + "/htcondor-job";

    /// <summary>A keyword that a job cannot choose, nor a default replace.</summary>
    public const string ForcedKeyword = "STARTER_JOB_HOOK_KEYWORD";

    private const string FileName = "90-pisahpc.conf";
    private const string DefaultKeyword = "STARTER_DEFAULT_JOB_HOOK_KEYWORD";
    private const string WrapperName = "USER_JOB_WRAPPER";
    private const string JobAttributes = "STARTD_JOB_ATTRS";
    private const string SlotAttributes = "STARTD_ATTRS";
    private const string Mark = "HasPisaHpc";
    private const string ExitTimeout = Keyword + "_HOOK_JOB_EXIT_TIMEOUT";
    private const string PrepareHook = Keyword + "_HOOK_PREPARE_JOB";
    private const string ExitHook = Keyword + "_HOOK_JOB_EXIT";

    // What HTCondor takes beyond our longest hook.
    private const int MarginSec = 10;

    /// <summary>The names that they set, or add to.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [PrepareHook, ExitHook, ExitTimeout, DefaultKeyword, WrapperName, JobAttributes, SlotAttributes];

    /// <summary>What the startd is to show of a job: whose it is, as whom it runs, how often it was started, what it asks for.</summary>
    private static readonly string[] JobAttributesOfOurs = ["Owner", "OsUser", "NumJobStarts", "PisaHpcEnvironment"];

    /// <summary>The file with the lines in it.</summary>
    /// <param name="read">The file as it stands.</param>
    /// <param name="deadline">How long a start may last.</param>
    /// <param name="isForced">Whether a default keyword of the site's stays beside: jobs then name ours.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: the node has no HTCondor, or one with hooks or a wrapper of its own, which stay.
    /// </exception>
    public static TextChange Joined(HTCondorNode node, TextChange read, TimeSpan deadline, bool isForced)
    {
        if (node[ForcedKeyword] is { } forced)
        {
            throw Invalid(
                node, $"has {ForcedKeyword} = {forced}: every job there has those hooks and no others.",
                recommendedAction: $"Make it the default where that will do, {DefaultKeyword} = {forced}, and see -Force.");
        }

        var keyword = node[DefaultKeyword] is { } other && other != Keyword ? other : null;
        if (keyword is not null && !isForced)
        {
            throw Invalid(
                node, $"has {DefaultKeyword} = {keyword}, and a job has one keyword's hooks.",
                recommendedAction: $"With -Force it stays, and jobs that ask for an environment say +HookKeyword = \"{Keyword}\", too.");
        }

        var wrapper = node[WrapperName] is { } own && own != Wrapper ? own : null;
        if (wrapper is not null && node.WrapperOfSite is null)
        {
            throw Invalid(
                node, $"has {WrapperName} = {wrapper}, which stays.",
                recommendedAction: $"Have it end with: exec {Wrapper} \"$@\"; it is then left in its place.");
        }

        return read with { After = MarkedBlock.Joined(read.Path, read.Before, Of(deadline, keyword is null, wrapper is null)) };
    }

    /// <summary>Where the file is, or would be, on a node; null where neither HTCondor nor what was put there says it.</summary>
    public static string? FileOn(HTCondorNode node) =>
        node.ConfigurationDirectory is { } directory ? $"{directory}/{FileName}" : node["lines"];

    /// <summary>Reads the file of a node that has HTCondor.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: the node does not say where it would be; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public static async Task<TextChange> ReadAsync(INodeConnection connection, HTCondorNode node, CancellationToken cancellationToken) =>
        node.Programs is null ? throw Invalid(
            node, "has no condor_config_val.", recommendedAction: "Name the directory that has it: -CondorBin.")
        : node.ConfigurationDirectory is null ? throw Invalid(
            node, "has no LOCAL_CONFIG_DIR.", recommendedAction: "Have HTCondor read one: LOCAL_CONFIG_DIR = /etc/condor/config.d.")
        : node.Starter is null ? throw Invalid(
            node, "does not say its STARTER.", recommendedAction: "Look there: condor_config_val STARTER.")
        : node["STARTD_ADDRESS_FILE"] is null ? throw Invalid(
            node, "does not say its STARTD_ADDRESS_FILE.",
            recommendedAction: "Have it be in a directory of HTCondor's own: STARTD_ADDRESS_FILE = $(LOG)/.startd_address.")
        : (await FindAsync(connection, node, cancellationToken))!;

    /// <summary>Reads the file of a node that may have lost its HTCondor; null where nobody says where it was.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<TextChange?> FindAsync(INodeConnection connection, HTCondorNode node, CancellationToken cancellationToken) =>
        FileOn(node) is { } path ? await new HostFiles(connection).ReadTextAsync(path, HookFile.Readable, cancellationToken) : null;

    /// <summary>What is not in force of what they say, in words.</summary>
    /// <param name="node">What is in force on a node.</param>
    public static IReadOnlyList<string> MissingOn(HTCondorNode node)
    {
        (string Name, bool IsInForce, string Wanted)[] wanted =
        [
            (PrepareHook, node[PrepareHook] == HookPlace.Directory + "/htcondor-prepare", HookPlace.Directory + "/htcondor-prepare"),
            (ExitHook, node[ExitHook] == HookPlace.Directory + "/htcondor-exit", HookPlace.Directory + "/htcondor-exit"),
            (WrapperName, node[WrapperName] == Wrapper || node.WrapperOfSite is not null, Wrapper),
            .. JobAttributesOfOurs.Select(attribute => (JobAttributes, IsAmong(node, JobAttributes, attribute), attribute)),
            (SlotAttributes, IsAmong(node, SlotAttributes, Mark), Mark),
        ];
        return [.. wanted.Where(line => !line.IsInForce).Select(line => $"{line.Name} is not {line.Wanted}")
            .Select(words => words.Replace("ATTRS is not", "ATTRS has no", StringComparison.Ordinal))];
    }

    /// <summary>The keyword that a job without one has; null for none.</summary>
    public static string? DefaultOn(HTCondorNode node) => node[ForcedKeyword] ?? node[DefaultKeyword];

    /// <summary>How long the exit hook may last, in seconds: 30 where nobody says (manual).</summary>
    public static string ExitTimeoutOn(HTCondorNode node) => node[ExitTimeout] ?? "30";

    private static bool IsAmong(HTCondorNode node, string list, string attribute) =>
        (node[list] ?? "").Split([',', ' ']).Contains(attribute, StringComparer.OrdinalIgnoreCase);

    private static IReadOnlyList<string> Of(TimeSpan deadline, bool isDefault, bool isWrapper) =>
    [
        $"{PrepareHook} = {HookPlace.Directory}/htcondor-prepare",
        $"{ExitHook} = {HookPlace.Directory}/htcondor-exit",
        $"{ExitTimeout} = {(deadline + HookPlace.TakeBack).TotalSeconds + MarginSec:0}",
        .. isDefault ? [$"{DefaultKeyword} = {Keyword}"] : Array.Empty<string>(),
        .. isWrapper ? [$"{WrapperName} = {Wrapper}"] : Array.Empty<string>(),
        $"{JobAttributes} = $({JobAttributes}) {string.Join(' ', JobAttributesOfOurs)}",
        $"{Mark} = True",
        $"{SlotAttributes} = $({SlotAttributes}) {Mark}",
    ];

    private static HpcException Invalid(HTCondorNode node, string problem, string recommendedAction) =>
        new(ErrorId.BatchConfigurationInvalid, $"HTCondor on {node.Node} {problem}", node.Node, recommendedAction);
}
