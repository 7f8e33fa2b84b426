using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Tracing;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>Six nodes in memory with one static environment, which are brought to what is declared.</summary>
internal sealed class SyncCluster
{
    public const string Name = "pisahpc-static-cs7";

    private readonly StaticCluster _static = new(Declared());
    private readonly Func<string, IReadOnlyList<string>, ReadOnlyMemory<byte>, NodeCommandResult> _answer;

    public SyncCluster()
    {
        const string Image = "registry.lab:5000/pisa/hpc";
        foreach (var node in Names)
        {
            Nodes.EngineOf(node).Store.Add(FakeImageStore.Image(Image, FakeImageStore.Digest('a'), $"{Image}:deb12"));
        }

        _answer = Nodes.OnRun;
        Nodes.OnRun = (node, arguments, input) =>
            arguments.ElementAtOrDefault(3) == "Access/Login/login-answers.sh" && Running(node).Any(one => IsDeaf(node, one))
                ? FakeCluster.Result(1, "Connection refused")
                : _answer(node, arguments, input);
        Nodes.OnStart = (node, _) => Holder is { } holder && holder.Node == node
            ? HeldProcess.Ended(75, holder.Who)
            : Lock = HeldProcess.Saying("held");
        Nodes.OnExecute = (container, request) => request.Command[3] switch
        {
            "Environments/drain.sh" => Drain = FakeExecution.Held(IsBusy(container) ? "busy 3\n" : "idle\n"),
            "Access/Login/logins-open.sh" => FakeExecution.Ended(Closed.Contains(container.Id) ? 1 : 0),
            "Environments/reopen.sh" => FakeExecution.Ended(Closed.Remove(container.Id) ? 0 : 1),
            var other => throw new InvalidOperationException($"No container of this cluster knows {other}."),
        };
    }

    public FakeCluster Nodes => _static.Nodes;

    public List<NodeFailure> Failures => _static.Failures;

    /// <summary>Who holds the lock on which node; null for nobody.</summary>
    public (string Node, string Who)? Holder { get; set; }

    /// <summary>The command that holds the lock that was taken last.</summary>
    public HeldProcess? Lock { get; private set; }

    /// <summary>What was told of each node by the last one, in its order.</summary>
    public IReadOnlyList<string> Told { get; private set; } = [];

    /// <inheritdoc cref="Cluster.InOrder"/>
    public bool InOrder { get; set; } = true;

    /// <summary>How long a node may take.</summary>
    public TimeSpan NodeTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <inheritdoc cref="StaticConverger.EngineLimit"/>
    public TimeSpan EngineLimit { get; set; } = Cluster.ShortWork;

    /// <summary>The command that drains the container which was drained last.</summary>
    public FakeExecution? Drain { get; private set; }

    /// <summary>The ids of containers in which a drain was killed that turned users away.</summary>
    public HashSet<string> Closed { get; } = [];

    /// <summary>Whether users have processes in a container.</summary>
    public Func<EngineContainer, bool> IsBusy { get; set; } = _ => false;

    /// <summary>What the last sync took back when it was interrupted.</summary>
    public TakenBack TakenBack { get; private set; } = TakenBack.Untold;

    /// <inheritdoc cref="StaticCluster.Placed"/>
    public Func<string, string> Placed
    {
        get => _static.Placed;
        set => _static.Placed = value;
    }

    /// <summary>Whether nobody gets into a container that runs.</summary>
    public Func<string, EngineContainer, bool> IsDeaf { get; set; } = (_, _) => false;

    public static IReadOnlyList<string> Names { get; } = [.. Enumerable.Range(1, 6).Select(number => $"o2wn0{number}")];

    /// <summary>Ports on which something listens on each node.</summary>
    public HashSet<int> Listening => _static.Listening;

    /// <summary>Declares it on another port.</summary>
    public void MovePort(int to) =>
        _static.Site = new StaticCluster(Declared().Replace("port: 2201", $"port: {to}", StringComparison.Ordinal)).Site;

    /// <summary>Takes a path away from a node.</summary>
    public void Lack(string node, string path)
    {
        _static.Missing.Add(path);
        _static.LackingNode = node;
    }

    /// <summary>Declares it otherwise.</summary>
    public void Change(string to = "hostname: x") => _static.Site = new StaticCluster(Declared(to)).Site;

    /// <summary>The containers of a node, whatever their state.</summary>
    public IReadOnlyList<EngineContainer> On(string node) => Nodes.EngineOf(node).Containers;

    /// <summary>Those that run.</summary>
    public IEnumerable<EngineContainer> Running(string node) => On(node).Where(container => container.State == ContainerState.Running);

    /// <summary>The generation that is declared for a node now.</summary>
    public async Task<string> GenerationAsync(string node) => (await _static.PlanAsync("cs7", node)).Single().Generation!;

    /// <summary>Whether a node runs what is declared now, and has nothing else.</summary>
    public async Task<bool> IsAsDeclaredAsync(string node) => On(node) is [{ Name: Name, State: ContainerState.Running } one]
        && one.Labels[ContainerLabels.Generation] == await GenerationAsync(node);

    /// <summary>Brings nodes to what is declared; all of them where none is named.</summary>
    public async Task<IReadOnlyList<HpcEnvironmentChange>> SyncAsync(
        string limit = "1", int maxFailure = 1, bool prune = false, CancellationToken token = default, params string[] nodes)
    {
        var cluster = Nodes.Cluster with { Failed = Failures.Add, NodeTimeout = NodeTimeout, InOrder = InOrder };
        var taken = TakenBack = new TakenBack(token);
        var survey = new EnvironmentSurvey(cluster, _static.Site, new StaticPlanner(cluster, _static.Site, "alice@head1"))
        {
            ReadyLimit = TimeSpan.FromSeconds(1),
        };
        var (steps, found) = (new List<EnvironmentStep>(), new List<(string Node, EngineContainer Container)>());
        var (states, meant) = (new List<EnvironmentState>(), (nodes is [] ? Names : nodes).ToDictionary(
            node => node, _ => (IReadOnlyList<StaticDefinition>)[_static.Site.StaticNamed("cs7")]));
        await survey.ReadAsync(
            meant,
            (state, _) =>
            {
                lock (steps)
                {
                    states.Add(state);
                    steps.AddRange(state.Declared.Where(IsOwn).Select(one => EnvironmentStep.Of(one, state.Containers)));
                    var prunable = EnvironmentComparison.ToPrune(new HashSet<string> { "cs7" }, state.Containers);
                    found.AddRange(prunable.Select(one => (state.Node, one)));
                }

                return Task.CompletedTask;
            },
            default);
        Told = [];
        var changes = steps.Where(step => step.Step == StaticStep.None).Select(step => step.Change).ToList();
        var converger = new StaticConverger(cluster, survey, "alice@head1")
        {
            Grace = TimeSpan.FromMilliseconds(100),
            TakenBack = taken,
            EngineLimit = EngineLimit,
        };
        var rolling = new RollingSync(cluster)
        {
            MaxUnavailable = UnavailableLimit.Parse(limit),
            MaxFailure = maxFailure,
            Done = outcome => NodeTurns.Say(() =>
            {
                lock (changes)
                {
                    changes.Add(outcome.Change);
                    Told = [.. Told, outcome.Change.Node];
                }
            }),
        };
        foreach (var same in prune ? found.OrderBy(one => one.Node, StringComparer.Ordinal).GroupBy(one => one.Container.Name) : [])
        {
            await rolling.RunAsync([.. same.Select(one => converger.ToRoll(one.Node, one.Container))], same.Count(), [], token);
        }

        var todo = steps.Where(step => step.Step != StaticStep.None).OrderBy(step => step.Plan.Node, StringComparer.Ordinal);
        await rolling.RunAsync([.. todo.Select(converger.ToRoll)], Names.Count, EnvironmentState.Without(meant, states)["cs7"], token);
        return changes;
    }

    /// <summary>What a cmdlet reports and leaves: a container of the name that somebody else made.</summary>
    private static bool IsOwn(ComparedContainer one) =>
        one.Differences().All(difference => difference.Kind != nameof(DifferenceKind.Foreign));

    private static string Declared(string more = "") => StaticCluster.Declared
        .Replace("o2wn[01-02]', port", "o2wn[01-06]', port", StringComparison.Ordinal)
        .Replace("[ 'o2wn[01-02]' ]", "[ 'o2wn[01-06]' ]", StringComparison.Ordinal)
        .Replace("port: 2201", more.Length == 0 ? "port: 2201" : $"port: 2201, {more}", StringComparison.Ordinal);
}
