using System.Globalization;

namespace PisaHpc.Engines.Docker;

/// <summary>
/// The options that a running engine was started with. Some say the same as a key: an engine that is told both refuses it (dockerd(8)).
/// </summary>
internal sealed class EngineOptions
{
    private const string InsecureRegistry = "--insecure-registry";
    private const string LogOption = "--log-opt";
    private const string Ulimit = "--default-ulimit";
    private const string LiveRestoring = "--live-restore";

    private static readonly (string Option, string Key)[] Keys =
    [
        (LiveRestoring, WantedConfiguration.LiveRestore), (InsecureRegistry, WantedConfiguration.InsecureRegistries),
        (LogOption, WantedConfiguration.LogOptions), (Ulimit, WantedConfiguration.Ulimits), ("--label", WantedConfiguration.Labels),
    ];

    private readonly ILookup<string, string> _values;

    private EngineOptions(IEnumerable<(string Name, string Value)> options) =>
        _values = options.ToLookup(option => option.Name, option => option.Value);

    /// <summary>Those of an engine that does not run, or was started with none.</summary>
    public static EngineOptions None { get; } = new([]);

    /// <summary>Whether containers go on while the engine is restarted; null when no option says so.</summary>
    public bool? LiveRestore => _values[LiveRestoring].LastOrDefault() is { } value ? value is "" or "true" or "1" : null;

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    public static EngineOptions Parse(IReadOnlyList<string> arguments) => new(
        arguments.Select((argument, at) => (argument, Next: arguments.ElementAtOrDefault(at + 1) ?? ""))
            .Where(pair => pair.argument.StartsWith("--", StringComparison.Ordinal))
            .Select(pair => pair.argument.Split('=', 2) is [var name, var value]
                ? (name, value)
                : (pair.argument, pair.Next.StartsWith('-') ? "" : pair.Next)));

    /// <summary>Whether an option says what a key of the configuration says.</summary>
    public bool Say(string key) => Keys.Any(pair => pair.Key == key && _values.Contains(pair.Option));

    /// <summary>Whether an option has the engine talk to a registry without TLS.</summary>
    public bool Trust(string registry) => _values[InsecureRegistry].Any(value => WantedConfiguration.NameOf(value) == registry);

    /// <summary>What an option says of the log driver; null for nothing.</summary>
    public string? LogOptionOf(string name) => ValueOf(LogOption, name);

    /// <summary>Whether an option gives containers so much locked memory (docker-run(1): <c>memlock=soft[:hard]</c>).</summary>
    public bool Lock(long bytes) =>
        ValueOf(Ulimit, "memlock")?.Split(':').All(limit => limit == bytes.ToString(CultureInfo.InvariantCulture)) == true;

    /// <summary>The options that stand against keys of a configuration.</summary>
    public IReadOnlyList<string> Conflicts(DaemonConfiguration configuration) =>
        [.. Keys.Where(pair => _values.Contains(pair.Option) && configuration.Has(pair.Key)).Select(pair => $"{pair.Option} ({pair.Key})")];

    private string? ValueOf(string option, string name) =>
        _values[option].LastOrDefault(value => value.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
}
