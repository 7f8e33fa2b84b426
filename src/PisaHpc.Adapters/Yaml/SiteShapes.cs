using System.Net;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Sites;
using static PisaHpc.Adapters.Yaml.ScalarShapes;

namespace PisaHpc.Adapters.Yaml;

/// <summary>Shapes of a site's single values.</summary>
internal static class SiteShapes
{
    private const string HostListForm = "a node's name or a host list such as 'o2wn[01-16]'";

    /// <summary>capabilities(7), Linux 6.12, and the engine's word for all of them.</summary>
    internal static readonly string[] KnownCapabilities =
    [
        "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE",
        "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
        "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
        "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
        "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
    ];

    private static readonly Shape<string> AnyPath = Text("a path", "\\S");
    private static readonly Shape<string> HostListText = Text(HostListForm, "^[^\\s/]+$");

    /// <summary>A path on a node or in an image.</summary>
    public static Shape<string> AbsolutePath { get; } =
        Text("an absolute path", "^/[^\\u0000:]*$", path => !path.Split('/').Contains("..")).Named("absolutePath");

    /// <summary>A path on the machine where the module runs; relative to the definition's directory, ~ for the caller's home.</summary>
    public static Shape<string> LocalPath { get; } = new Shape<string>(
        (node, path, reading) => AnyPath.Read(node, path, reading) is { } written
            ? written with { Value = reading.FullPath(written.Value) }
            : null,
        AnyPath.Schema).Named("localPath");

    /// <summary>The name of an environment, an alias or a queue.</summary>
    public static Shape<string> Name { get; } =
        Text("a name of letters, digits, '.', '_' and '-' that begins with a letter or digit", "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
            .Named("name");

    /// <summary>An image.</summary>
    public static Shape<string> Image { get; } =
        Text("an image's reference, such as pisa/hpc:deb12", "^\\S+$", text => ImageReference.TryParse(text) is not null);

    /// <summary>A registry. Without a dot or a colon the engine would take it for a repository's first part.</summary>
    public static Shape<string> Registry { get; } = Text(
        "a registry as host:port, such as registry.example:5000",
        "^(localhost|[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+:[0-9]{1,5}|\\[[0-9A-Fa-f:]+\\](:[0-9]{1,5})?)$");

    /// <summary>A host name with its place holders.</summary>
    public static Shape<string> Hostname { get; } = Text(
        "a host name, in which {node} and {job} stand for the node's name and the job's id", "^([A-Za-z0-9.-]|\\{node\\}|\\{job\\})+$");

    /// <summary>A network for MPI. An interface's name has at most 15 letters (IFNAMSIZ).</summary>
    public static Shape<string> MpiNetwork { get; } = Text(
        "a network such as 10.10.13.0/24, or an interface's name such as ib0",
        "^([0-9A-Fa-f.:]+/[0-9]{1,3}|[^\\s/]{1,15})$",
        text => !text.Contains('/', StringComparison.Ordinal) || IPNetwork.TryParse(text, out _));

    /// <summary>A capability; the prefix CAP_ may stand before it.</summary>
    public static Shape<string> Capability { get; } = Word(
        [.. KnownCapabilities.Select(name => (name, name)), .. KnownCapabilities.Skip(1).Select(name => ("CAP_" + name, name))])
        .Named("capability");

    /// <summary>A security option of the engine.</summary>
    public static Shape<string> SecurityOption { get; } = Text(
        "a security option, such as no-new-privileges or seccomp=unconfined", "^\\S+$");

    /// <summary>An InfiniBand adapter.</summary>
    public static Shape<string> Device { get; } = Text("'all', 'none', or an adapter's name such as mlx5_0", "^[A-Za-z0-9_]+$");

    /// <summary>An environment variable's name (POSIX.1-2017, 8.1).</summary>
    public static Shape<string> VariableName { get; } = Text("a variable's name", PisaHpc.Nodes.VariableName.Pattern);

    /// <summary>Environment variables' names with wildcards; bash's exported functions have others, such as BASH_FUNC_which%%.</summary>
    public static Shape<string> VariableNames { get; } =
        Text("a variable's name, in which * and ? stand for other characters", "^[A-Za-z0-9_.%()*?][A-Za-z0-9_.%()*?-]*$");

    /// <summary>An environment variable's value: any single value, a number and a flag included.</summary>
    public static Shape<string> VariableValue { get; } = Scalar(
        "a value ('' for an empty one)",
        node => Said(node.Text, node),
        () => new() { ["type"] = new System.Text.Json.Nodes.JsonArray("string", "number", "boolean") });

    /// <summary>A program or an argument of a command.</summary>
    public static Shape<string> Argument { get; } = Text("a program or an argument, in one line", "^[^\\n\\u0000]+$");

    /// <summary>A login name (useradd(8)).</summary>
    public static Shape<string> User { get; } = Text("a login name", "^[A-Za-z_][A-Za-z0-9_.@\\\\-]*\\$?$");

    /// <summary>A host.</summary>
    public static Shape<string> HostName { get; } = Text("a host's name or address", "^[A-Za-z0-9][A-Za-z0-9.:-]*$");

    /// <summary>A host list.</summary>
    public static Shape<string> HostNames { get; } = new(ReadHostNames, HostListText.Schema);

    private static Setting<string>? ReadHostNames(DefinitionNode node, string path, SiteReading reading)
    {
        if (HostListText.Read(node, path, reading) is not { } text)
        {
            return null;
        }

        try
        {
            _ = HostList.Expand(text.Value);
            return text;
        }
        catch (HpcException failure) when (failure.Id == ErrorId.InvalidValue)
        {
            reading.Error("BadValue", node, path, failure.Message, $"Write {HostListForm}.");
            return null;
        }
    }
}
