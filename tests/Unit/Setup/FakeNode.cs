using System.Text;
using PisaHpc.Containers;
using PisaHpc.Nodes;
using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Setup;

/// <summary>A node with a daemon.json and an engine that reads it as a real one does: all of it at a restart, what it names at a signal.</summary>
internal sealed class FakeNode
{
    public const string Name = "o2wn01";
    private readonly FakeEngine _engine;
    private readonly List<string> _steps = [];

    public FakeNode(string? file, bool liveRestore)
    {
        File = file;
        Cluster.OnRun = Run;
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

    public HpcSite Site { get; } = new()
    {
        Registry = "registry.lab:5000",
        Engine = new EngineSettings { Reload = ["reload"], Restart = ["restart"], RegistryIsInsecure = true },
    };

    /// <summary>The file that stands there; null for none.</summary>
    public string? File { get; private set; }

    /// <summary>Whether a change is under way.</summary>
    public bool Pending { get; private set; }

    /// <summary>What was done, in order: put, backup, reload, restart, remove.</summary>
    public IReadOnlyList<string> Steps => _steps;

    /// <summary>Whether the engine starts with a file.</summary>
    public Func<string?, bool> StartsWith { get; set; } = _ => true;

    /// <summary>Called before a reload or a restart.</summary>
    public Action<string> Before { get; set; } = _ => { };

    public bool EngineIsUp { get; private set; } = true;

    public IReadOnlyList<EngineContainer> Containers => _engine.Containers;

    public EngineDetails Engine => _engine.Details;

    public async Task<HpcNodeSetup> InitializeAsync(CancellationToken stop = default)
    {
        await using var connection = await ((INodeConnector)Cluster).ConnectAsync(Name, stop);
        var plan = await NodeSetupPlan.ReadAsync(connection, Cluster, Site, certificate: null, stop);
        return await NodeSetup.RunAsync(connection, Cluster, plan, DateTimeOffset.UnixEpoch, stop);
    }

    private NodeCommandResult Run(string node, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input) => arguments switch
    {
        ["sh", "-c", _, "setup", ..] => FakeCluster.Result(0, Facts()),
        ["sh", "-c", _, "mark", ..] => Done(() => Pending = true),
        ["sh", "-c", _, "put", _, _, var backup] => Put(Encoding.UTF8.GetString(input.Span), backup),
        ["rm", "-f", var file] => Remove(file),
        ["reload"] => Reload(),
        ["restart"] => Restart(),
        _ => throw new InvalidOperationException(string.Join(' ', arguments)),
    };

    private string Facts() => (File is null ? "" : $"config\t{Convert.ToBase64String(Encoding.UTF8.GetBytes(File))}\n") + (Pending ? "pending\t1\n" : "") + "run\t1\nend\t1\n";

    private NodeCommandResult Put(string content, string backup)
    {
        _steps.Add(backup.Length > 0 ? "backup" : "put");
        return Done(() => File = content);
    }

    private NodeCommandResult Remove(string file) => Done(() =>
    {
        if (file.EndsWith("-pending", StringComparison.Ordinal))
        {
            Pending = false;
        }
        else
        {
            _steps.Add("remove");
            File = null;
        }
    });

    private NodeCommandResult Reload()
    {
        _steps.Add("reload");
        Before("reload");
        var told = Configuration();
        _engine.Details = _engine.Details with
        {
            LiveRestore = told.Flag("live-restore") ?? _engine.Details.LiveRestore,
            Labels = told.Has("labels") ? told.List("labels") : _engine.Details.Labels,
            InsecureRegistries = told.Has("insecure-registries") ? told.List("insecure-registries").ToHashSet() : _engine.Details.InsecureRegistries,
        };
        return FakeCluster.Result(0);
    }

    private NodeCommandResult Restart()
    {
        _steps.Add("restart");
        Before("restart");
        EngineIsUp = StartsWith(File);
        if (!EngineIsUp)
        {
            return FakeCluster.Result(1, "", "the following directives are specified both as a flag and in the file");
        }

        var told = Configuration();
        _engine.Details = _engine.Details with
        {
            LiveRestore = told.Flag("live-restore") ?? false,
            Labels = told.List("labels"),
            InsecureRegistries = told.List("insecure-registries").ToHashSet(),
        };
        if (!_engine.Details.LiveRestore)
        {
            _engine.Exit("a-job", 137);
        }

        return FakeCluster.Result(0);
    }

    private DaemonConfiguration Configuration() => DaemonConfiguration.Parse(Name, "daemon.json", File);

    private static NodeCommandResult Done(Action action)
    {
        action();
        return FakeCluster.Result(0);
    }
}
