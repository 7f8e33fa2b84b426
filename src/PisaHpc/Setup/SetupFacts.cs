using System.Globalization;
using System.Text;
using PisaHpc.Engines.Docker;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>What stands on a node of all that <c>Initialize-HpcNode</c> sees to, read in one round trip.</summary>
internal sealed record SetupFacts
{
    private const string EngineRow = "dockerd ";

    private static readonly NodeScript Script = NodeScript.Of("Setup/setup-facts.sh");

    /// <summary>
    /// The engine's configuration on the node: what --config-file of its start names, else what the site says (dockerd(8)).
    /// </summary>
    public required string File { get; init; }

    /// <summary>The engine's configuration as it stands there; null when there is no file.</summary>
    public byte[]? Standing { get; init; }

    /// <summary>
    /// The admin's own configuration: what stands there, or stood there before a change that was cut off; null when there is none.
    /// </summary>
    public byte[]? Config { get; init; }

    /// <summary>Whether an earlier change was cut off before the engine had taken it up.</summary>
    public bool Pending { get; init; }

    /// <summary>Whether what stands there is of that change, and nobody's since.</summary>
    public bool Resumes { get; init; }

    /// <summary>Where that change keeps the file that stood there before; null when none did.</summary>
    public string? Backup { get; init; }

    /// <summary>Whether the file was changed after the engine had started, two seconds left to the rounding of both times.</summary>
    public bool ChangedSinceStart { get; init; }

    /// <summary>The file that the engine was started with, as far as a copy of it was kept; null when none was.</summary>
    public byte[]? StartedWith { get; init; }

    /// <summary>Whether the engine was in swarm mode when it last wrote that down (moby, daemon/cluster: docker-state.json).</summary>
    public bool HasSwarmState { get; init; }

    /// <summary>
    /// Whether an engine runs, as the node sees it, or is about to: one that does and cannot be asked has containers perhaps.
    /// </summary>
    public bool EngineRuns { get; init; }

    /// <summary>Whether systemd listens in the engine's place: whoever connects starts it (docker.socket).</summary>
    public bool ConnectingStarts { get; init; }

    /// <summary>The options that the engine was started with.</summary>
    public EngineOptions Options { get; init; } = EngineOptions.None;

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

    /// <summary>
    /// Where an engine looks for the certificates of a registry (Docker's page "Verify repository client with certificates").
    /// </summary>
    public static string CertificateFile(string registry) => $"/etc/docker/certs.d/{registry}/ca.crt";

    /// <summary>
    /// The mark of a change that is under way: where the file that stood there is kept, and the SHA-256 of each that was put there.
    /// </summary>
    public static string MarkerOf(string config) => config + ".pisahpc-pending";

    /// <summary>Reads them.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<SetupFacts> ReadAsync(INodeConnection connection, HpcSite site, CancellationToken cancellationToken)
    {
        var (area, engine) = (site.PortArea, site.Engine);
        var certificate = engine.RegistryCertificate is null || site.Registry is null ? "" : CertificateFile(site.Registry);
        string[] arguments =
        [
            engine.Config, certificate, site.RunDirectory, area?.Path ?? "", Text(area?.First), Text(area?.Last), site.Nodes.EngineSocket,
        ];
        var said = await ScriptReply.AskAsync(connection, Script, arguments, cancellationToken);
        var engines = said.All.Where(fact => fact.Key.StartsWith(EngineRow, StringComparison.Ordinal) && fact.Value.Length > 0).ToList();
        var resumes = said.Has("kept");
        return new SetupFacts
        {
            File = said["file"] ?? engine.Config,
            Standing = Bytes(said["config"]),
            Config = Bytes(resumes ? said["before"] : said["config"]),
            Pending = said.Has("pending"),
            Resumes = resumes,
            Backup = said.Has("before") ? said["kept"] : null,
            ChangedSinceStart = said.Has("changed"),
            StartedWith = Bytes(said["proven"]),
            HasSwarmState = said.Has("swarm"),
            EngineRuns = engines.Count > 0 || said.Has("unit"),
            ConnectingStarts = engines.Count == 0 && said.Has("socket"),
            Options = EngineOptions.Parse([.. engines.SelectMany(fact => Encoding.UTF8.GetString(Bytes(fact.Value)!).Split('\0'))]),
            Certificate = Bytes(said["certificate"]),
            HasRunDirectory = said.Has("run"),
            HasAreaParent = said.Has("parent"),
            HasArea = said.Has("area"),
            MissingPorts = int.Parse(said["ports"] ?? "0", CultureInfo.InvariantCulture),
        };
    }

    private static byte[]? Bytes(string? base64) => base64 is null ? null : Convert.FromBase64String(base64);

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
