using System.Globalization;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Setup;

/// <summary>What stands on a node of all that <c>Initialize-HpcNode</c> sees to, read in one round trip.</summary>
internal sealed record SetupFacts
{
    private const string ProcessRow = "process ";

    private static readonly NodeScript Script = NodeScript.Of("Setup/setup-facts.sh");

    /// <summary>What the node says of its engine.</summary>
    public required EngineFacts Engine { get; init; }

    /// <summary>The engine's configuration as it stands there; null when there is no file.</summary>
    public byte[]? Standing { get; init; }

    /// <summary>Whether what stands there is of a change that was cut off, and nobody's since.</summary>
    public bool Resumes { get; init; }

    /// <summary>Where that change keeps the file that stood there before; null when none did.</summary>
    public string? Backup { get; init; }

    /// <summary>Where the engine looks for the registry's certificate; null when the site names none.</summary>
    public string? CertificateFile { get; init; }

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

    /// <summary>Whether the directory that the records' directory lies in is there.</summary>
    public bool HasRecordsParent { get; init; }

    /// <summary>Whether the directory for records of ended jobs is there.</summary>
    public bool HasRecords { get; init; }

    /// <summary>
    /// The mark of a change that is under way: where the file that stood there is kept, and the SHA-256 of each that was put there.
    /// </summary>
    public static string MarkerOf(string config) => config + ".pisahpc-pending";

    /// <summary>Reads them.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<SetupFacts> ReadAsync(INodeConnection connection, HpcSite site, CancellationToken cancellationToken)
    {
        var (area, engine) = (site.PortArea, site.Nodes.EngineAdministration);
        var config = site.Engine.Config ?? engine.ConfigurationFile;
        var certificate = site.Engine.RegistryCertificate is null || site.Registry is null ? null : engine.CertificateFile(site.Registry);
        string[] arguments =
        [
            engine.FactsScript, config, site.Nodes.EngineSocket,
            certificate ?? "", site.RunDirectory, area?.Path ?? "", Text(area?.First), Text(area?.Last),
            site.Records?.Directory ?? "",
        ];
        var said = await ScriptReply.AskAsync(connection, Script, arguments, cancellationToken);
        var resumes = said.Has("kept");
        return new SetupFacts
        {
            Engine = EngineOf(said, config, resumes),
            Standing = Bytes(said["config"]),
            Resumes = resumes,
            Backup = said.Has("before") ? said["kept"] : null,
            CertificateFile = certificate,
            Certificate = Bytes(said["certificate"]),
            HasRunDirectory = said.Has("run"),
            HasAreaParent = said.Has("parent"),
            HasArea = said.Has("area"),
            MissingPorts = int.Parse(said["ports"] ?? "0", CultureInfo.InvariantCulture),
            HasRecordsParent = said.Has("recordsParent"),
            HasRecords = said.Has("records"),
        };
    }

    private static EngineFacts EngineOf(ScriptReply said, string config, bool resumes)
    {
        var processes = said.All.Where(fact => fact.Key.StartsWith(ProcessRow, StringComparison.Ordinal) && fact.Value.Length > 0).ToList();
        return new EngineFacts
        {
            File = said["file"] ?? config,
            Config = Bytes(resumes ? said["before"] : said["config"]),
            Pending = said.Has("pending"),
            ChangedSinceStart = said.Has("changed"),
            StartedWith = Bytes(said["proven"]),
            Runs = processes.Count > 0 || said.Has("unit"),
            ConnectingStarts = processes.Count == 0 && said.Has("socket"),
            CommandLine = [.. processes.SelectMany(fact => Encoding.UTF8.GetString(Bytes(fact.Value)!).Split('\0'))],
            Marks = said.All.Keys.ToHashSet(),
        };
    }

    private static byte[]? Bytes(string? base64) => base64 is null ? null : Convert.FromBase64String(base64);

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
