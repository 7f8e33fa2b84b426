using System.Globalization;
using System.Text;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Tracing;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Environments;

/// <summary>Two nodes in memory, and a site that declares static environments on them.</summary>
internal sealed class StaticCluster
{
    public const string Declared = """
        registry: registry.lab:5000
        nodes: { names: [ 'o2wn[01-02]' ] }
        environments:
          debian12: { image: pisa/hpc:deb12, limits: { openFiles: host } }
        static:
          cs7: { environment: debian12, nodes: 'o2wn[01-02]', port: 2201 }

        """;

    public StaticCluster(string site = Declared)
    {
        Site = SiteText.Read(site);
        Nodes.OnRun = Answer;
        Nodes.OnStart = (_, _) => Holder is { } who ? HeldProcess.Ended(75, who) : HeldProcess.Saying("held");
    }

    public FakeCluster Nodes { get; } = new();

    public HpcSite Site { get; set; }

    /// <summary>Told of each node that failed.</summary>
    public List<NodeFailure> Failures { get; } = [];

    /// <summary>Who holds the lock of the static environment; null for nobody.</summary>
    public string? Holder { get; set; }

    /// <summary>Paths that the nodes do not have.</summary>
    public HashSet<string> Missing { get; } = [];

    /// <summary>The only node that does not have them; null for all.</summary>
    public string? LackingNode { get; set; }

    /// <summary>Ports on which something listens on each node.</summary>
    public HashSet<int> Listening { get; } = [];

    /// <summary>The CPUs that each node has online.</summary>
    public int Cpus { get; set; } = 64;

    /// <summary>The limit of memory that the kernel holds a container to: null for none.</summary>
    public long? KernelMemory { get; set; }

    /// <summary>Whether an sshd with the right host key answers.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>Whether a node can tell, without a login, if the sshds of its containers greet.</summary>
    public bool TellsGreetings { get; set; } = true;

    /// <summary>What each node's clock shows, in seconds of the epoch.</summary>
    public long Now { get; set; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>The jobs that a node has in its container, as its script lists them.</summary>
    public Func<string, string> Placed { get; set; } = _ => "";

    /// <summary>What was put into directories: the directory, the file's name, its text.</summary>
    public List<(string Directory, string File, string Text)> Put { get; } = [];

    /// <inheritdoc cref="StaticStarter.EngineLimit"/>
    public TimeSpan EngineLimit { get; init; } = Cluster.ShortWork;

    public FakeEngine Engine => Nodes.EngineOf("o2wn01");

    public StaticStarter Starter => new(Failing) { Grace = TimeSpan.FromSeconds(1), TakenBack = TakenBack, EngineLimit = EngineLimit };

    /// <summary>What was taken back; all of it counts as interrupted.</summary>
    public TakenBack TakenBack { get; } = new(new CancellationToken(canceled: true));

    private Cluster Failing => Nodes.Cluster with { Failed = Failures.Add };

    public async Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(string name = "cs7", params string[] nodes)
    {
        var definition = Site.StaticNamed(name);
        return await new StaticPlanner(Failing, Site, "alice@head1").PlanAsync(definition, nodes is [] ? definition.NodeNames() : nodes, default);
    }

    public async Task<HpcContainerPlan> PlanOneAsync() => Assert.Single(await PlanAsync("cs7", "o2wn01"));

    /// <summary>Starts on o2wn01 what is declared now, as Start-HpcContainer does.</summary>
    public async Task<HpcContainer> StartAsync()
    {
        var plan = await PlanOneAsync();
        return await CarryOutAsync(StaticChange.ToStart(plan, await Starter.FindAsync(plan, default)));
    }

    /// <summary>The same as Restart-HpcContainer does.</summary>
    public async Task<HpcContainer> RestartAsync()
    {
        var plan = await PlanOneAsync();
        return await CarryOutAsync(StaticChange.ToRestart(plan, await Starter.FindAsync(plan, default)));
    }

    public async Task<HpcContainer> CarryOutAsync(StaticChange change)
    {
        HpcContainer? got = null;
        await Starter.CarryOutAsync(
            change,
            container =>
            {
                got = container;
                return Task.CompletedTask;
            },
            default);
        return got!;
    }

    private NodeCommandResult Answer(string node, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input)
    {
        switch (arguments.ElementAtOrDefault(3))
        {
            case "Containers/node-facts.sh" or "Environments/static-facts.sh":
                var missing = LackingNode is null || LackingNode == node ? Missing : [];
                var tcp = Listening.Select(port => string.Create(CultureInfo.InvariantCulture, $"0: 00000000:{port:X4} 00000000:0000 0A 0\n"));
                return FakeCluster.Result(
                    0, $"{Greetings(arguments)}--- now\n{Now}\n--- missing\n{string.Join('\n', missing)}\n--- cpus\n{Cpus}\n--- boot\nfirst\n--- tcp\n{string.Concat(tcp)}--- devices\n");
            case "Access/Login/put-login.sh":
                Put.Add((arguments[4], arguments[5], Encoding.UTF8.GetString(input.Span)));
                return FakeCluster.Result(0);
            case "Containers/Placed/placed-list.sh":
                return FakeCluster.Result(0, Placed(node) + "end\n");
            case "Access/Login/login-answers.sh":
                return IsDeaf ? FakeCluster.Result(1, "Connection refused") : FakeCluster.Result(0);
            case "Containers/control-groups.sh":
                var id = arguments[5];
                return FakeCluster.Result(0, $"{id}.cgroup\t/docker/c\n{id}.limit\t{(KernelMemory is { } limit ? limit : "max")}\nend\t1\n");
            case var other:
                throw new InvalidOperationException($"No node of this cluster knows {other}.");
        }
    }

    /// <summary>What login-greets.sh says of the sshds that it is asked for.</summary>
    private string Greetings(IReadOnlyList<string> arguments)
    {
        if (arguments[3] != "Environments/static-facts.sh" || !TellsGreetings)
        {
            return "";
        }

        var processes = Enumerable.Range(0, int.Parse(arguments[5], CultureInfo.InvariantCulture)).Select(index => arguments[7 + 2 * index]);
        return "--- greetings\n" + string.Concat(processes.Select(process => IsDeaf ? $"{process} Connection refused\n" : $"{process}\n"));
    }
}
