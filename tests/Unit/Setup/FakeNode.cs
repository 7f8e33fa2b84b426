using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Engines.Docker;
using PisaHpc.Nodes;
using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Tracing;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Setup;

/// <summary>A node with a daemon.json and an engine that reads it as a real one does: all of it at a restart, what it names at a signal.</summary>
internal sealed class FakeNode
{
    public const string Name = "o2wn01";
    private readonly FakeEngine _engine;
    private readonly List<string> _steps = [];
    private readonly List<string> _marker = [];

    public FakeNode(string? file, bool liveRestore)
    {
        File = file;
        Cluster.OnRun = Run;
        Cluster.Before(Name, FakeStep.ConnectEngine, _ => EngineIsUp
            ? Task.CompletedTask
            : Task.FromException(new HpcException(ErrorId.EngineUnavailable, "no socket", Name)));
        _engine = Cluster.EngineOf(Name);
        _engine.Details = new EngineDetails { Images = 0, LoggingDriver = "json-file", LiveRestore = liveRestore };
        _engine.Add(new EngineContainer
        {
            Id = "a-job",
            Name = "a-job",
            Image = "tiny",
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = new Dictionary<string, string>(),
        });
    }

    public FakeCluster Cluster { get; } = new();

    public HpcSite Site => new()
    {
        Registry = "registry.lab:5000",
        Engine = new EngineSettings { Reload = ["reload"], Restart = ["restart"], RegistryIsInsecure = Trust, LiveRestore = LiveRestore },
    };

    /// <summary>What the site says of its registry.</summary>
    public bool? Trust { get; init; } = true;

    /// <summary>What the site says of live-restore.</summary>
    public bool? LiveRestore { get; init; }

    /// <summary>What the node says of its file beside its content: that it was changed since the engine started, another place.</summary>
    public string MoreFacts { get; init; } = "";

    /// <summary>Whether systemd listens in the engine's place.</summary>
    public bool ConnectingStarts { get; init; }

    /// <summary>When the engine takes up what a signal brought: at once, unless a test says otherwise.</summary>
    public Action<Action> AfterReload { get; set; } = takeUp => takeUp();

    /// <summary>The file that stands there; null for none.</summary>
    public string? File { get; private set; }

    /// <summary>Whether a change is under way.</summary>
    public bool Pending => _marker.Count > 0;

    /// <summary>Files that are kept, by path.</summary>
    public Dictionary<string, string> Kept { get; } = [];

    /// <summary>What the engine is started with.</summary>
    public string[] Options { get; init; } = [];

    /// <summary>What was done, in order: put, backup, reload, restart, remove.</summary>
    public IReadOnlyList<string> Steps => _steps;

    /// <summary>Whether the engine starts with a file.</summary>
    public Func<string?, bool> StartsWith { get; set; } = _ => true;

    /// <summary>Called before a reload or a restart.</summary>
    public Action<string> Before { get; set; } = _ => { };

    public bool EngineIsUp { get; set; } = true;

    public IReadOnlyList<EngineContainer> Containers => _engine.Containers;

    public EngineDetails Engine
    {
        get => _engine.Details;
        set => _engine.Details = value;
    }

    public async Task<NodeSetupPlan> PlanAsync(CancellationToken stop = default)
    {
        var connection = await ((INodeConnector)Cluster).ConnectAsync(Name, stop);
        return await NodeSetupPlan.ReadAsync(connection, Cluster, Site, certificate: null, stop);
    }

    /// <summary>What the last change took back when it was interrupted.</summary>
    public TakenBack TakenBack { get; private set; } = TakenBack.Untold;

    public async Task<HpcNodeSetup> InitializeAsync(CancellationToken stop = default)
    {
        var connection = await ((INodeConnector)Cluster).ConnectAsync(Name, stop);
        return await NodeSetup.RunAsync(connection, Cluster, await PlanAsync(stop), DateTimeOffset.UnixEpoch, stop, TakenBack = new TakenBack(stop));
    }

    /// <summary>A file that a change put there before it was cut off, and the mark that it left.</summary>
    public void CutOff(string file, string? keptAs)
    {
        File = file;
        _marker.AddRange([keptAs ?? "none", HashOf(file)]);
    }

    private NodeCommandResult Run(string node, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input) => arguments switch
    {
        ["sh", "-c", _, "Setup/setup-facts.sh", ..] => FakeCluster.Result(0, Facts()),
        ["sh", "-c", _, "Setup/mark-change.sh", _, var backup] => Mark(backup),
        ["sh", "-c", _, "Setup/put-file.sh", _, var expected, var backup, var hash, _] =>
            Put(expected, Encoding.UTF8.GetString(input.Span), backup, hash),
        ["rm", "-f", var file] => Remove(file),
        ["reload"] => Reload(),
        ["sh", "-c", _, "Setup/engine-restart.sh", _, _, _, _, var old, _, "restart"] =>
            Restart(Encoding.UTF8.GetString(input.Span), old),
        _ => throw new InvalidOperationException(string.Join(' ', arguments)),
    };

    /// <summary>What an admin wrote.</summary>
    public void Edit(string file) => File = file;

    private string Facts()
    {
        var facts = new StringBuilder();
        facts.Append(File is null ? "" : $"config\t{Base64(File)}\n");
        facts.Append(Pending ? "pending\t1\n" : "");
        if (Pending && File is not null && _marker.Contains(HashOf(File)))
        {
            facts.Append(CultureInfo.InvariantCulture, $"kept\t{_marker[0]}\n");
            facts.Append(Kept.TryGetValue(_marker[0], out var before) ? $"before\t{Base64(before)}\n" : "");
        }

        facts.Append(EngineIsUp ? $"process 7\t{Base64(string.Join('\0', ["dockerd", .. Options]) + "\0")}\n" : "");
        facts.Append(ConnectingStarts ? "socket\t1\n" : "");
        return facts.Append(MoreFacts).Append("run\t1\nend\t1\n").ToString();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private NodeCommandResult Mark(string backup)
    {
        _marker.Clear();
        _marker.Add(backup);
        return FakeCluster.Result(0);
    }

    private NodeCommandResult Put(string expected, string content, string backup, string hash)
    {
        Assert.Contains(File is null ? "none" : HashOf(File), expected.Split(' '));
        Assert.Equal(HashOf(content), hash);
        _steps.Add(backup.Length > 0 ? "backup" : "put");
        if (backup.Length > 0)
        {
            Kept[backup] = File!;
        }

        _marker.Add(hash);
        File = content;
        return FakeCluster.Result(0);
    }

    private NodeCommandResult Remove(string file)
    {
        if (file.EndsWith("-pending", StringComparison.Ordinal))
        {
            _marker.Clear();
        }
        else if (!Kept.Remove(file))
        {
            _steps.Add("remove");
            File = null;
        }

        return FakeCluster.Result(0);
    }

    private NodeCommandResult Reload()
    {
        _steps.Add("reload");
        Before("reload");
        var told = Configuration();
        if (EngineOptions.Parse(Options).Conflicts(told).Count > 0)
        {
            return FakeCluster.Result(0); // it says so in its log alone
        }

        AfterReload(() => _engine.Details = _engine.Details with
        {
            LiveRestore = told.Flag("live-restore") ?? _engine.Details.LiveRestore,
            Labels = told.Has("labels") ? told.List("labels") : _engine.Details.Labels,
            InsecureRegistries = told.Has("insecure-registries")
                ? told.List("insecure-registries").ToHashSet()
                : _engine.Details.InsecureRegistries,
        });
        return FakeCluster.Result(0);
    }

    /// <summary>What the node does by itself: the new file, the old one with what keeps containers, the old one as it was.</summary>
    private NodeCommandResult Restart(string keeping, string old)
    {
        var said = new StringBuilder();
        if (Starts("new", said))
        {
            return FakeCluster.Result(0, said.ToString());
        }

        if (old.Length > 0)
        {
            _marker.Add(HashOf(keeping));
            File = keeping;
            if (Starts("keeping", said))
            {
                return FakeCluster.Result(20, said.ToString());
            }

            File = old == "none" ? null : Kept[old];
            if (Starts("old", said))
            {
                return FakeCluster.Result(21, said.ToString());
            }
        }

        return FakeCluster.Result(22, said.ToString());
    }

    private bool Starts(string attempt, StringBuilder said)
    {
        _steps.Add("restart");
        Before("restart");
        said.Append(CultureInfo.InvariantCulture, $"\n--- {attempt}\n");
        EngineIsUp = StartsWith(File);
        if (!EngineIsUp)
        {
            said.Append(CultureInfo.InvariantCulture, $"{attempt}: the following directives are specified both as a flag and in the file\n");
            return false;
        }

        var told = Configuration();
        _engine.Details = _engine.Details with
        {
            LiveRestore = told.Flag("live-restore") ?? EngineOptions.Parse(Options).LiveRestore ?? false,
            Labels = told.List("labels"),
            InsecureRegistries = told.List("insecure-registries").ToHashSet(),
        };
        if (!_engine.Details.LiveRestore)
        {
            _engine.Exit("a-job", 137);
        }

        return true;
    }

    private DaemonConfiguration Configuration() => DaemonConfiguration.Parse(Name, "daemon.json", File);
}
