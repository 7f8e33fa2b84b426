using System.Globalization;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>What a slurm.conf(5) is asked to say.</summary>
internal sealed record SlurmConfRequest
{
    /// <summary>How long a prolog may be at a start.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>Whether salloc's shell is to be in the container.</summary>
    public bool InteractiveStep { get; init; }

    /// <summary>Whether this Slurm runs the scripts of several lines.</summary>
    public bool TakesSeveralScripts { get; init; }

    /// <summary>The longest that one of our hooks lasts.</summary>
    public TimeSpan Longest => Deadline + HookPlace.TakeBack;
}

/// <summary>What becomes of a slurm.conf(5), and what has to stand on nodes for it.</summary>
/// <param name="Files">The files as they are to be, the first of them slurm.conf itself.</param>
/// <param name="Keys">The keys that are set.</param>
/// <param name="Scripts">The files by which the site's own prolog and epilog go on being called, or ours among them.</param>
internal sealed record SlurmConfPlan(IReadOnlyList<SlurmConfFile> Files, IReadOnlyList<string> Keys, IReadOnlyList<HookFile> Scripts)
{
    /// <summary>What Slurm waits for beyond our longest hook.</summary>
    private const int MarginSec = 10;

    private const string BatchStartTimeout = "BatchStartTimeout";
    private const string AuthInfo = "AuthInfo";

    // slurm.conf(5), both versions.
    private const int DefaultBatchStartTimeout = 10;
    private const int DefaultCredExpire = 120;

    /// <summary>The key that only a restart of Slurm's daemons takes up.</summary>
    public const string NeedsRestart = AuthInfo;

    /// <summary>Plans it.</summary>
    /// <param name="configuration">The configuration, without lines of ours.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>: what stands there leaves no way.</exception>
    public static SlurmConfPlan Of(SlurmConfiguration configuration, SlurmConfRequest request)
    {
        var edit = new SlurmConfEdit(configuration);
        RequireTime(configuration, request);
        IReadOnlyList<HookFile> scripts =
        [
            .. ScriptHook.Prolog.Join(edit, configuration, request.TakesSeveralScripts).Files,
            .. ScriptHook.Epilog.Join(edit, configuration, request.TakesSeveralScripts).Files,
        ];
        if (Words(configuration, "PrologFlags").Contains("NoHold", StringComparer.OrdinalIgnoreCase))
        {
            throw configuration.Find("PrologFlags")!.Invalid(
                "NoHold does not go with Contain, by which a job's epilog waits for its prolog.");
        }

        AddWords(edit, configuration, "PrologFlags", "Alloc", "Contain", "DeferBatch");
        var wanted = (int)request.Longest.TotalSeconds + MarginSec;
        if (Number(configuration, BatchStartTimeout) is var start && (start ?? DefaultBatchStartTimeout) < wanted)
        {
            edit.Set(BatchStartTimeout, Text(wanted));
        }

        ExtendCredentials(edit, configuration, wanted);
        if (!Words(configuration, "JobSubmitPlugins").Any(IsLua))
        {
            AddWords(edit, configuration, "JobSubmitPlugins", "lua");
        }

        if (request.InteractiveStep)
        {
            AddInteractiveStep(edit, configuration);
        }

        return new SlurmConfPlan(edit.Result(), edit.Keys, scripts);
    }

    private static bool IsLua(string word) =>
        word.Equals("lua", StringComparison.OrdinalIgnoreCase) || word.Equals("job_submit/lua", StringComparison.OrdinalIgnoreCase);

    /// <summary>A hook that Slurm ends drains its node: ours has to end before.</summary>
    private static void RequireTime(SlurmConfiguration configuration, SlurmConfRequest request)
    {
        foreach (var key in (string[])["PrologEpilogTimeout", "PrologTimeout", "EpilogTimeout"])
        {
            if (Number(configuration, key) is { } limit && limit < request.Longest.TotalSeconds + MarginSec)
            {
                throw configuration.Find(key)!.Invalid(
                    $"{key}={limit} is no more than the {request.Longest.TotalSeconds:0} s that a hook may take here, with {MarginSec} s "
                    + "to spare.",
                    recommendedAction: $"Raise it to {request.Longest.TotalSeconds + MarginSec:0}, or choose a -DeadlineSec of at most "
                    + $"{Math.Max(0, limit - MarginSec - (int)HookPlace.TakeBack.TotalSeconds)}.");
            }
        }
    }

    /// <summary>A prolog that lasts longer than a credential voids it (cred_expire).</summary>
    private static void ExtendCredentials(SlurmConfEdit edit, SlurmConfiguration configuration, int wanted)
    {
        const string Name = "cred_expire=";
        var words = Words(configuration, AuthInfo);
        var expire = words.LastOrDefault(word => word.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        var now = expire is null ? DefaultCredExpire
            : int.TryParse(expire.AsSpan(Name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds
            : throw configuration.Find(AuthInfo)!.Invalid($"{Quote.Of(expire)} is no number of seconds.");
        if (now < wanted)
        {
            edit.Set(AuthInfo, string.Join(',', [.. words.Where(word => word != expire), Name + Text(wanted)]));
        }
    }

    private static void AddInteractiveStep(SlurmConfEdit edit, SlurmConfiguration configuration)
    {
        const string Key = "InteractiveStepOptions";
        const string Program = HookPlace.Directory + "/slurm-job";
        AddWords(edit, configuration, "LaunchParameters", "use_interactive_step");
        if (configuration.Find(Key) is not { } site)
        {
            edit.Set(Key, $"--interactive --preserve-env --pty {Program}");
        }
        else if (!site.Value.EndsWith(Program, StringComparison.Ordinal))
        {
            throw site.Invalid(
                $"{Key} names a program of the site's own.",
                recommendedAction: $"Put {Program} in its place by hand: it runs the user's shell for other jobs.");
        }
    }

    private static void AddWords(SlurmConfEdit edit, SlurmConfiguration configuration, string key, params string[] wanted)
    {
        var words = Words(configuration, key);
        var missing = wanted.Except(words, StringComparer.OrdinalIgnoreCase).ToArray();
        if (missing.Length > 0)
        {
            edit.Set(key, string.Join(',', words.Concat(missing)));
        }
    }

    private static string[] Words(SlurmConfiguration configuration, string key) =>
        configuration.Find(key)?.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static int? Number(SlurmConfiguration configuration, string key) => configuration.Find(key) is not { } line ? null
        : line.Value.ToUpperInvariant() is "INFINITE" or "UNLIMITED" ? int.MaxValue
        : int.TryParse(line.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw line.Invalid($"{Quote.Of(line.Value)} is no number of seconds.");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
