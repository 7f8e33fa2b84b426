using System.Globalization;
using System.Text.Json.Nodes;

namespace PisaHpc.Engines.Docker;

/// <summary>
/// Merges what a site wants into what stands on a node. What the site says is set; what it leaves to the built-in values is set only where
/// the node says nothing itself.
/// </summary>
internal static class WantedConfiguration
{
    /// <summary>The keys that are set here.</summary>
    public const string LiveRestore = "live-restore", InsecureRegistries = "insecure-registries", LogOptions = "log-opts";

    /// <summary>The same.</summary>
    public const string Ulimits = "default-ulimits", Labels = "labels";

    private const string TrialPrefix = "pisahpc.trial=";
    private const string BuiltInLogSize = "10m";
    private const int BuiltInLogFiles = 3;

    /// <summary>
    /// The log drivers that keep files and turn them over (Docker's pages on json-file and local); others refuse these options.
    /// </summary>
    private static readonly string[] DriversWithFiles = ["json-file", "local"];

    /// <summary>
    /// What the engine takes up from a signal (dockerd(8), "Configuration reload behavior"); anything else takes a restart.
    /// </summary>
    private static readonly string[] Reloadable = [LiveRestore, InsecureRegistries];

    /// <summary>The same of keys that are not set here: a signal tries them, so that a trial finds what is wrong with one.</summary>
    private static readonly string[] Tried =
    [
        .. Reloadable, Labels, "debug", "registry-mirrors", "max-concurrent-downloads", "max-concurrent-uploads", "max-download-attempts",
        "shutdown-timeout",
    ];

    /// <summary>The configuration that a node should have.</summary>
    /// <param name="current">What stands there.</param>
    /// <param name="settings">What the site wants.</param>
    /// <param name="registry">The site's registry; null when it has none.</param>
    /// <param name="logDriver">The engine's log driver, which a flag may have set; null when the engine does not answer.</param>
    /// <param name="options">The options that the engine was started with; what they say already is not written.</param>
    /// <param name="isInSwarm">Whether the engine is in swarm mode, which excludes live-restore.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineConfigurationInvalid"/>: a key holds something that the engine would not take.
    /// </exception>
    public static DaemonConfiguration Of(
        DaemonConfiguration current, EngineSettings settings, string? registry, string? logDriver, EngineOptions options, bool isInSwarm)
    {
        var wanted = WithoutTrials(current);
        var restores = current.Flag(LiveRestore) ?? options.LiveRestore;
        if (settings.LiveRestore is { } live ? restores != live : restores is null && !isInSwarm)
        {
            wanted.Set(LiveRestore, settings.LiveRestore ?? true);
        }

        if (settings.RegistryIsInsecure is { } insecure && registry is not null
            && (Trusts(current, registry) || options.Trust(registry)) != insecure)
        {
            var others = current.List(InsecureRegistries).Where(other => NameOf(other) != registry);
            wanted.SetList(InsecureRegistries, insecure ? others.Append(registry) : others);
        }

        if (DriversWithFiles.Contains(current.Text("log-driver") ?? logDriver ?? DriversWithFiles[0]))
        {
            SetLogOption(wanted, options, "max-size", settings.LogSizeBytes is { } size ? ByteSize.Format(size) : null, BuiltInLogSize);
            SetLogOption(wanted, options, "max-file", settings.LogFiles?.ToString(CultureInfo.InvariantCulture), $"{BuiltInLogFiles}");
        }

        if (settings.MemlockBytes is { } memlock && !options.Lock(memlock))
        {
            var limit = new JsonObject { ["Name"] = "memlock", ["Hard"] = memlock, ["Soft"] = memlock };
            wanted.Set(Ulimits, "memlock", limit);
        }

        return wanted;
    }

    /// <summary>Whether the engine has to be restarted to take up what differs.</summary>
    public static bool TakesRestart(DaemonConfiguration current, DaemonConfiguration wanted) =>
        current.Differences(wanted).Any(key => !Reloadable.Contains(key));

    /// <summary>The keys that differ and that nothing but a start takes up.</summary>
    public static IReadOnlyList<string> TakenUpByAStart(DaemonConfiguration current, DaemonConfiguration other) =>
        [.. current.Differences(other).Except(Tried)];

    /// <summary>The same with live-restore on: an engine that starts without it ends every container that it finds.</summary>
    public static DaemonConfiguration KeepingContainers(DaemonConfiguration configuration, EngineOptions options)
    {
        var keeping = configuration.Copy();
        if (options.LiveRestore != true)
        {
            keeping.Set(LiveRestore, true);
        }

        return keeping;
    }

    /// <summary>
    /// The same with a label that is the engine's own. An engine takes a label up from a signal and shows it, so that one which does is one
    /// that has read the file and found nothing wrong in it: unknown keys, wrong types and clashes with its options are found without a
    /// restart.
    /// </summary>
    public static DaemonConfiguration OnTrial(DaemonConfiguration configuration, string trial)
    {
        var tried = configuration.Copy();
        tried.SetList(Labels, configuration.List(Labels).Append(TrialPrefix + trial));
        return tried;
    }

    /// <summary>Those of an engine's labels that are from <see cref="OnTrial"/>.</summary>
    public static IEnumerable<string> TrialsOf(IEnumerable<string> labels) =>
        labels.Where(label => label.StartsWith(TrialPrefix, StringComparison.Ordinal));

    /// <summary>
    /// Whether an engine has taken up what a configuration says and it can tell of itself. It may have other things from its options, so
    /// that a key that is not there says nothing.
    /// </summary>
    public static bool IsTakenUp(DaemonConfiguration configuration, EngineDetails engine, string? registry) =>
        (configuration.Flag(LiveRestore) is not { } live || live == engine.LiveRestore)
        && (registry is null || !configuration.Has(InsecureRegistries)
            || Trusts(configuration, registry) == engine.InsecureRegistries.Contains(registry))
        && (!configuration.Has(Labels) || TrialsOf(configuration.List(Labels)).ToHashSet().SetEquals(TrialsOf(engine.Labels)));

    /// <summary>
    /// A registry as the engine knows it: one that is written with a scheme is taken without it (moby, registry/config.go).
    /// </summary>
    public static string NameOf(string registry) => registry.Split("://") is [_, var name] ? name : registry;

    private static bool Trusts(DaemonConfiguration configuration, string registry) =>
        configuration.List(InsecureRegistries).Any(entry => NameOf(entry) == registry);

    /// <summary>
    /// A configuration that has an engine give back, from a signal, what it took up from one. Of these three keys it leaves alone those
    /// that its file does not name (moby, daemon/reload.go), so that all are named here, also where the old file was silent: but for one
    /// that an option says, which nothing has changed.
    /// </summary>
    /// <param name="current">The old configuration.</param>
    /// <param name="liveRestore">Whether live-restore was on.</param>
    /// <param name="options">The options that the engine was started with.</param>
    public static DaemonConfiguration GivingBack(DaemonConfiguration current, bool liveRestore, EngineOptions options)
    {
        var giving = current.Copy();
        if (!options.Say(LiveRestore))
        {
            giving.Set(LiveRestore, liveRestore);
        }

        foreach (var list in new[] { InsecureRegistries, Labels }.Where(key => !options.Say(key)))
        {
            giving.SetList(list, current.List(list));
        }

        return giving;
    }

    /// <summary>A trial is still in the file where whoever made it was killed.</summary>
    private static DaemonConfiguration WithoutTrials(DaemonConfiguration current)
    {
        var trials = TrialsOf(current.List(Labels)).ToList();
        var without = current.Copy();
        if (trials.Count > 0)
        {
            without.SetList(Labels, current.List(Labels).Except(trials));
        }

        return without;
    }

    private static void SetLogOption(DaemonConfiguration wanted, EngineOptions options, string name, string? said, string builtIn)
    {
        if (said is not null ? options.LogOptionOf(name) != said : !wanted.Has(LogOptions, name) && !options.Say(LogOptions))
        {
            wanted.Set(LogOptions, name, said ?? builtIn);
        }
    }
}
