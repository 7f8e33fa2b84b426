using System.Globalization;
using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>What stands on a node of all that <c>Initialize-HpcNode</c> sees to, read in one round trip.</summary>
internal sealed record SetupFacts
{
    private const string Flag = "flag ";

    /// <summary>$1 the engine's configuration, $2 the registry's certificate, $3 the directory for jobs' files, $4 port area, $5 first, $6 last.</summary>
    private const string Script = """
        if [ -e "$1" ]; then printf 'config\t%s\n' "$(base64 < "$1" | tr -d '\n')" || exit 1; fi
        if pid=$(cat /run/docker.pid 2>/dev/null); then
          tr '\0' '\n' < "/proc/$pid/cmdline" 2>/dev/null | sed -n 's/^\(--[a-z-]*\).*/flag \1\t1/p'
        fi
        if [ -e "$1.pisahpc-pending" ]; then printf 'pending\t1\n'; fi
        if [ -n "$2" ] && [ -e "$2" ]; then printf 'certificate\t%s\n' "$(base64 < "$2" | tr -d '\n')"; fi
        if [ -d "$3" ]; then printf 'run\t1\n'; fi
        if [ -n "$4" ]; then
          if [ -d "${4%/*}/" ]; then printf 'parent\t1\n'; fi
          if [ -d "$4" ]; then printf 'area\t1\n'; fi
          port=$5; missing=0
          while [ "$port" -le "$6" ]; do [ -e "$4/$port" ] || missing=$((missing + 1)); port=$((port + 1)); done
          printf 'ports\t%s\n' "$missing"
        fi
        printf 'end\t1\n'
        """;

    /// <summary>The engine's configuration as it stands there; null when there is no file.</summary>
    public byte[]? Config { get; init; }

    /// <summary>The options that the engine was started with, without their values; empty when its pid file is not the usual one.</summary>
    public IReadOnlySet<string> Flags { get; init; } = new HashSet<string>();

    /// <summary>Whether an earlier change was cut off before the engine had taken it up.</summary>
    public bool Pending { get; init; }

    /// <summary>The certificate that the engine trusts for the registry; null when there is none.</summary>
    public byte[]? Certificate { get; init; }

    /// <summary>Whether the directory for jobs' files is there.</summary>
    public bool HasRunDirectory { get; init; }

    /// <summary>Whether the directory that the port area lies in is there.</summary>
    public bool HasAreaParent { get; init; }

    /// <summary>Whether the port area's directory is there.</summary>
    public bool HasArea { get; init; }

    /// <summary>The ports of the area that have no file.</summary>
    public int MissingPorts { get; init; }

    /// <summary>Where an engine looks for the certificates of a registry (Docker's page "Verify repository client with certificates").</summary>
    public static string CertificateFile(string registry) => $"/etc/docker/certs.d/{registry}/ca.crt";

    /// <summary>Reads them.</summary>
    /// <param name="connection">The node.</param>
    /// <param name="site">The site.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<SetupFacts> ReadAsync(INodeConnection connection, HpcSite site, CancellationToken cancellationToken)
    {
        var (area, engine) = (site.PortArea, site.Engine);
        var certificate = engine.RegistryCertificate is null || site.Registry is null ? "" : CertificateFile(site.Registry);
        var result = await connection.RunAsync(
            ["sh", "-c", Script, "setup", engine.Config, certificate, site.RunDirectory, area?.Path ?? "", Text(area?.First), Text(area?.Last)],
            default, cancellationToken);
        var rows = result.Text.Split('\n').Select(line => line.Split('\t')).Where(fields => fields.Length == 2);
        var said = rows.DistinctBy(fields => fields[0]).ToDictionary(fields => fields[0], fields => fields[1], StringComparer.Ordinal);
        if (result.ExitCode != 0 || !said.ContainsKey("end"))
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"Node {connection.Node} could not be read (exit code {result.ExitCode}): {result.Error.Trim()}",
                connection.Node);
        }

        return new SetupFacts
        {
            Config = Bytes(said.GetValueOrDefault("config")),
            Flags = said.Keys.Where(key => key.StartsWith(Flag, StringComparison.Ordinal)).Select(key => key[Flag.Length..]).ToHashSet(StringComparer.Ordinal),
            Pending = said.ContainsKey("pending"),
            Certificate = Bytes(said.GetValueOrDefault("certificate")),
            HasRunDirectory = said.ContainsKey("run"),
            HasAreaParent = said.ContainsKey("parent"),
            HasArea = said.ContainsKey("area"),
            MissingPorts = int.Parse(said.GetValueOrDefault("ports", "0"), CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The configuration as text, without a byte order mark.</summary>
    public string? ConfigText() => Config is null ? null : Encoding.UTF8.GetString(Config).TrimStart('\uFEFF');

    private static byte[]? Bytes(string? base64) => base64 is null ? null : Convert.FromBase64String(base64);

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
