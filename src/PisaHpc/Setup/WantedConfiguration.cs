using System.Text.Json.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>
/// Merges what a site wants into what stands on a node. What the site says is set; what it leaves to the built-in values is set only where
/// the node says nothing itself.
/// </summary>
internal static class WantedConfiguration
{
    private const string LiveRestore = "live-restore";
    private const string InsecureRegistries = "insecure-registries";
    private const string LogOptions = "log-opts";
    private const string Ulimits = "default-ulimits";
    private const string Labels = "labels";
    private const string TrialPrefix = "pisahpc.trial=";
    private const string BuiltInLogSize = "10m";
    private const int BuiltInLogFiles = 3;

    /// <summary>The log drivers that keep files and turn them over (Docker's pages on json-file and local); others refuse these options.</summary>
    private static readonly string[] DriversWithFiles = ["json-file", "local"];

    /// <summary>What the engine takes up from a signal (dockerd(8), "Configuration reload behavior"); anything else takes a restart.</summary>
    private static readonly string[] Reloadable = [LiveRestore, InsecureRegistries];

    /// <summary>The options of dockerd that say the same as a key: an engine that is told both does not start (dockerd(8)).</summary>
    private static readonly (string Flag, string Key)[] Flags =
    [
        ("--live-restore", LiveRestore), ("--insecure-registry", InsecureRegistries), ("--log-opt", LogOptions), ("--default-ulimit", Ulimits),
    ];

    /// <summary>The options that the engine was started with and that a key says too.</summary>
    /// <param name="wanted">What would stand there.</param>
    /// <param name="flags">The options that the engine was started with.</param>
    public static IReadOnlyList<string> Conflicts(DaemonConfiguration wanted, IReadOnlySet<string> flags) =>
        [.. Flags.Where(pair => flags.Contains(pair.Flag) && wanted.Has(pair.Key)).Select(pair => $"{pair.Flag} ({pair.Key})")];

    /// <summary>The configuration that a node should have.</summary>
    /// <param name="current">What stands there.</param>
    /// <param name="site">The site.</param>
    /// <param name="logDriver">The engine's log driver, which a flag may have set; null when the engine does not answer.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineConfigurationInvalid"/>: a key holds something that the engine would not take.</exception>
    public static DaemonConfiguration Of(DaemonConfiguration current, HpcSite site, string? logDriver)
    {
        var wanted = WithoutTrials(current);
        var settings = site.Engine;
        if (settings.LiveRestore is { } live ? current.Flag(LiveRestore) != live : !current.Has(LiveRestore))
        {
            wanted.Set(LiveRestore, settings.LiveRestore ?? true);
        }

        if (settings.RegistryIsInsecure is { } insecure && site.Registry is { } registry && Trusts(current, registry) != insecure)
        {
            var others = current.List(InsecureRegistries).Where(other => other != registry);
            wanted.SetList(InsecureRegistries, insecure ? others.Append(registry) : others);
        }

        if (DriversWithFiles.Contains(current.Text("log-driver") ?? logDriver ?? DriversWithFiles[0]))
        {
            SetLogOption(wanted, "max-size", settings.LogSizeBytes is { } size ? ByteSize.Format(size) : null, BuiltInLogSize);
            SetLogOption(wanted, "max-file", settings.LogFiles?.ToString(System.Globalization.CultureInfo.InvariantCulture), $"{BuiltInLogFiles}");
        }

        if (settings.MemlockBytes is { } memlock)
        {
            var limit = new JsonObject { ["Name"] = "memlock", ["Hard"] = memlock, ["Soft"] = memlock };
            wanted.Set(Ulimits, "memlock", limit);
        }

        return wanted;
    }

    /// <summary>Whether the engine has to be restarted to take up what differs.</summary>
    public static bool TakesRestart(DaemonConfiguration current, DaemonConfiguration wanted) =>
        current.Differences(wanted).Any(key => !Reloadable.Contains(key));

    /// <summary>The same with live-restore on: an engine that starts without it ends every container that it finds.</summary>
    public static DaemonConfiguration KeepingContainers(DaemonConfiguration configuration)
    {
        var keeping = configuration.Copy();
        keeping.Set(LiveRestore, true);
        return keeping;
    }

    /// <summary>
    /// The same with a label that is the engine's own. An engine takes a label up from a signal and shows it, so that one which does is one that
    /// has read the file and found nothing wrong in it: unknown keys, wrong types and clashes with its options are found without a restart.
    /// </summary>
    public static DaemonConfiguration OnTrial(DaemonConfiguration configuration, string trial)
    {
        var tried = configuration.Copy();
        tried.SetList(Labels, configuration.List(Labels).Append(TrialPrefix + trial));
        return tried;
    }

    /// <summary>The labels of <see cref="OnTrial"/>.</summary>
    public static IEnumerable<string> TrialsOf(DaemonConfiguration configuration) =>
        configuration.List(Labels).Where(label => label.StartsWith(TrialPrefix, StringComparison.Ordinal));

    /// <summary>Whether containers go on while an engine with this configuration is restarted.</summary>
    public static bool KeepsContainers(DaemonConfiguration configuration) => configuration.Flag(LiveRestore) == true;

    /// <summary>Whether an engine with this configuration talks to a registry without TLS.</summary>
    public static bool Trusts(DaemonConfiguration configuration, string registry) => configuration.List(InsecureRegistries).Contains(registry);

    /// <summary>
    /// A configuration that has an engine give back, from a signal, what it took up from one. It leaves alone what its file does not name
    /// (moby, daemon/reload.go), so that everything is named here, also what the old file was silent about.
    /// </summary>
    /// <param name="current">The old configuration.</param>
    /// <param name="liveRestore">Whether live-restore was on.</param>
    public static DaemonConfiguration GivingBack(DaemonConfiguration current, bool liveRestore)
    {
        var giving = current.Copy();
        giving.Set(LiveRestore, liveRestore);
        giving.SetList(InsecureRegistries, current.List(InsecureRegistries));
        giving.SetList(Labels, current.List(Labels));
        return giving;
    }

    /// <summary>A trial is still in the file where whoever made it was killed.</summary>
    private static DaemonConfiguration WithoutTrials(DaemonConfiguration current)
    {
        var trials = TrialsOf(current).ToList();
        var without = current.Copy();
        if (trials.Count > 0)
        {
            without.SetList(Labels, current.List(Labels).Except(trials));
        }

        return without;
    }

    private static void SetLogOption(DaemonConfiguration wanted, string name, string? said, string builtIn)
    {
        if (said is not null || !wanted.Has(LogOptions, name))
        {
            wanted.Set(LogOptions, name, said ?? builtIn);
        }
    }
}
