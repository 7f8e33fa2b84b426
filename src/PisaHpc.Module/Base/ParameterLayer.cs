using System.Collections;
using System.Globalization;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Module.Base;

/// <summary>The topmost layer of an environment: what the parameters of a call say.</summary>
internal static class ParameterLayer
{
    /// <summary>The layer of a cmdlet's parameters; one that was not used says nothing.</summary>
    public static EnvironmentLayer From(PlanCmdlet cmdlet) => new()
    {
        Layer = "parameter",
        Image = cmdlet.Image is { } image ? Setting.Of(image) : null,
        Network = cmdlet.Network is { } network ? Setting.Of(network) : null,
        Mounts = cmdlet.Mount.Length > 0 ? Setting.Appending(cmdlet.Mount.Select(MountOf)) : null,
        Capabilities = cmdlet.Capability.Length > 0 ? Setting.Appending(cmdlet.Capability) : null,
        Limits = new LimitSettings
        {
            Shm = SizeOf(nameof(cmdlet.ShmSize), cmdlet.ShmSize),
            Memory = SizeOf(nameof(cmdlet.Memory), cmdlet.Memory),
            Memlock = MemlockOf(cmdlet.Memlock),
            OpenFiles = OpenFilesOf(cmdlet.OpenFiles),
        },
        Variables = VariablesOf(cmdlet.Variable),
        ReadyTimeout = cmdlet.ReadyTimeoutSec is { } seconds ? Setting.Of(TimeSpan.FromSeconds(seconds)) : null,
    };

    private static MountDefinition MountOf(string text) => MountShape.TryParse(text)
        ?? throw Invalid("Mount", text, "a mount with a target below /: /path, /path:/target or /path:/target:ro,rslave");

    private static Setting<long?>? SizeOf(string parameter, string? text) => text is null
        ? null
        : ByteSize.TryParse(text, out var bytes) ? Setting.Of<long?>(bytes) : throw Invalid(parameter, text, "a size such as 512m or 8g");

    private static Setting<long?>? MemlockOf(string? text) => text switch
    {
        "unlimited" => Setting.Of<long?>(-1),
        "host" => Setting.Of<long?>(null),
        _ => SizeOf("Memlock", text),
    };

    private static Setting<long?>? OpenFilesOf(string? text) => text switch
    {
        null => null,
        "host" => Setting.Of<long?>(null),
        _ when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 => Setting.Of<long?>(count),
        _ => throw Invalid("OpenFiles", text, "a whole number above 0 or 'host'"),
    };

    private static Dictionary<string, Setting<string>> VariablesOf(IDictionary? variables) =>
        Words(variables).ToDictionary(variable => variable.Key, variable => Setting.Of(variable.Value));

    /// <summary>Variables as a hashtable has them; of keys that are the same word, such as 1 and '1', one counts.</summary>
    internal static Dictionary<string, string> Words(IDictionary? variables)
    {
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in variables ?? new Hashtable())
        {
            words[Convert.ToString(variable.Key, CultureInfo.InvariantCulture) ?? ""] =
                Convert.ToString(variable.Value, CultureInfo.InvariantCulture) ?? "";
        }

        return words;
    }

    private static HpcException Invalid(string parameter, string text, string expected) =>
        new(ErrorId.InvalidValue, $"-{parameter} {Quote.Of(text)} is not {expected}.", text);
}
