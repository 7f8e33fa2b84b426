using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Adapters;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Brings nodes to the static environments that are declared: what differs and nothing else, a few nodes at a time.</summary>
[Cmdlet(VerbsData.Sync, "HpcEnvironment", SupportsShouldProcess = true)]
[OutputType(typeof(HpcEnvironmentChange))]
public sealed class SyncHpcEnvironmentCommand : StaticCmdlet, IBackgroundCmdlet
{
    private readonly ConcurrentBag<EnvironmentStep> _steps = [];
    private readonly ConcurrentBag<EnvironmentState> _states = [];
    private readonly ConcurrentBag<(string Node, EngineContainer Container)> _undeclared = [];

    /// <summary>How many nodes of a static environment may be without it at a time: a number, or a share of its nodes in percent.</summary>
    [Parameter]
    public string MaxUnavailable { get; set; } = "1";

    /// <summary>How many seconds users' work in a container that is to go is waited for; nobody new gets in meanwhile.</summary>
    [Parameter]
    [ValidateRange(0, 604800)]
    public int DrainTimeoutSec { get; set; }

    /// <summary>With so many failures nothing more is begun.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxFailure { get; set; } = 1;

    /// <summary>Also removes containers of static environments that are not declared on their node.</summary>
    [Parameter]
    public SwitchParameter Prune { get; set; }

    /// <summary>How long a container may take to end before it is killed, in seconds.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int GraceSec { get; set; } = 10;

    /// <summary>With -WhatIf: emits the steps.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Goes on in the background: writes a job of the session, with a child for each node that is known before.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    IEnumerable<string> IBackgroundCmdlet.NodesBound() => Node.Length > 0
        ? NodesOf(Node)
        : StaticNames.NodesBound(this, Static.Except(UndeclaredAmong(Static))).Concat(Prune ? NodesOrSite([]) : []);

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var limit = UnavailableLimit.Parse(MaxUnavailable);
        var planner = new StaticPlanner(Cluster, RequiredSite, StaticNames.Asker());
        var survey = new EnvironmentSurvey(Cluster, RequiredSite, planner)
        {
            Unresolved = (image, failure) => Warn($"{image} is what the nodes hold: {failure.Message}"),
        };
        var undeclared = UndeclaredAmong(Asked.SelectMany(asked => asked.Names));
        var meant = Meant(undeclared);
        using (FollowNodes("Comparing static environments", meant.Count, Phase.CompareNode))
        {
            await survey.ReadAsync(meant, (state, _) => AnswerAsync(state), StopToken);
        }

        foreach (var name in undeclared.Except(_undeclared.Select(found => NameOf(found.Container))))
        {
            Report(RequiredSite.StaticNotFound(name, " No node that answered has a container of it."));
        }

        var places = meant.Keys.Index().ToDictionary(node => node.Item, node => node.Index, StringComparer.Ordinal);
        var prune = await AgreedAsync(
            _undeclared.OrderBy(found => places[found.Node]).ThenBy(found => found.Container.Name, StringComparer.Ordinal),
            found => StaticConverger.ToRemove(found.Node, found.Container),
            _ => "Stop and remove the container, which is not declared");
        var steps = await AgreedAsync(
            _steps.OrderBy(step => step.Plan.Static, StringComparer.Ordinal).ThenBy(step => places[step.Plan.Node]),
            step => step.Change,
            step => step.Words);
        var converger = new StaticConverger(Cluster, survey, StaticNames.Asker())
        {
            Warn = Warn,
            TakenBack = TakenBack,
            Grace = TimeSpan.FromSeconds(GraceSec),
            DrainTimeout = TimeSpan.FromSeconds(DrainTimeoutSec),
            Batch = new BatchDrain(RequiredSite, stopping => SiteBatchSystem.ConnectAsync(RequiredSite, host: null, stopping))
            {
                Warn = Warn,
            },
        };
        var rolling = new RollingSync(Cluster) { MaxUnavailable = limit, MaxFailure = MaxFailure, Done = Tell };

        // What is not declared goes first: it may have the port of what is.
        foreach (var same in prune.GroupBy(found => (Static: NameOf(found.Container), found.Container.Name)))
        {
            var removals = same.Select(found => converger.ToRoll(found.Node, found.Container));
            await RollAsync(rolling, same.Key.Static, removals, same.Count(), without: []);
        }

        var without = EnvironmentState.Without(meant, _states);
        foreach (var same in steps.GroupBy(step => step.Plan.Static!))
        {
            var nodes = RequiredSite.StaticNamed(same.Key).NodeNames().Count;
            await RollAsync(rolling, same.Key, same.Select(converger.ToRoll), nodes, without[same.Key]);
        }
    }

    private static string NameOf(EngineContainer container) => Containers.ContainerLabels.WorkloadOf(container)!.Static!;

    /// <summary>The names that were given in full and are not declared: of what nodes may have still, and -Prune takes away.</summary>
    private HashSet<string> UndeclaredAmong(IEnumerable<string> names) => !Prune ? [] : names
        .Where(name => !WildcardPattern.ContainsWildcardCharacters(name) && !RequiredSite.Static.ContainsKey(name)).ToHashSet();

    /// <summary>The declarations of the nodes to look at: with -Prune of all, since what is not declared now can be anywhere.</summary>
    private Dictionary<string, IReadOnlyList<Sites.StaticDefinition>> Meant(HashSet<string> undeclared)
    {
        var declared = Declared(failure => Report(failure), undeclared).Where(node => node.Value.Count > 0)
            .ToDictionary(StringComparer.Ordinal);
        ReportUnknown(declared);
        foreach (var node in Prune ? Asked.SelectMany(asked => NodesOrSite(asked.Nodes)) : [])
        {
            declared.TryAdd(node, []);
        }

        return declared;
    }

    /// <summary>Where all names are meant, a node may have none declared; one that the site does not know either is a slip.</summary>
    private void ReportUnknown(Dictionary<string, IReadOnlyList<Sites.StaticDefinition>> declared)
    {
        var named = Asked.Where(asked => asked.Names.Any(WildcardPattern.ContainsWildcardCharacters)).SelectMany(asked => asked.Nodes)
            .Where(node => !Prune && !WildcardPattern.ContainsWildcardCharacters(node)).Except(declared.Keys);
        foreach (var node in named.Except(HostList.Expand(RequiredSite.Nodes.Names)))
        {
            Report(new HpcException(
                ErrorId.InvalidValue,
                $"No static environment that is meant is declared on {node}, and nodes.names of the site definition does not have it.",
                node,
                "Correct the name, or declare the node in the site definition."));
        }
    }

    private async Task AnswerAsync(EnvironmentState state)
    {
        _states.Add(state);
        foreach (var unplanned in state.Unplanned)
        {
            ReportNode(new NodeFailure(state.Node, unplanned.Failure));
        }

        foreach (var container in state.Declared)
        {
            await OrReportAsync(state.Node, () =>
            {
                _steps.Add(EnvironmentStep.Of(container, state.Containers, EngineTerms));
                return Task.CompletedTask;
            });
        }

        if (Prune)
        {
            var declared = DeclaredOn(state.Node);
            foreach (var container in EnvironmentComparison.ToPrune(declared, state.Containers).Where(IsMeant))
            {
                _undeclared.Add((state.Node, container));
            }
        }

        bool IsMeant(EngineContainer container)
        {
            if (!Asked.SelectMany(asked => asked.Names).Any(asked => new WildcardPattern(asked).IsMatch(NameOf(container))))
            {
                return false;
            }

            // Under another name of the node nothing is declared for it.
            var node = container.Labels.GetValueOrDefault(Containers.ContainerLabels.Node);
            if (node != state.Node)
            {
                Report(new HpcException(
                    ErrorId.InvalidValue,
                    $"Container {container.Name} is not removed: it was made for node {node}, and {state.Node} was asked.",
                    state.Node,
                    $"Name the node as it was named then: -Node {node}."));
            }

            return node == state.Node;
        }
    }

    /// <summary>What -WhatIf and -Confirm leave of it; what is as declared is put out at once.</summary>
    private async Task<IReadOnlyList<T>> AgreedAsync<T>(
        IEnumerable<T> steps, Func<T, HpcEnvironmentChange> changeOf, Func<T, string> wordsOf)
    {
        var agreed = new List<T>();
        foreach (var step in steps)
        {
            var change = changeOf(step);
            if (change.Step == nameof(StaticStep.None))
            {
                Emit(change);
            }
            else if (await ShouldProcessAsync($"{change.Node}: {change.Container}", wordsOf(step)))
            {
                agreed.Add(step);
            }
            else if (PassThru)
            {
                Emit(change with { Changed = true });
            }
        }

        return agreed;
    }

    private async Task RollAsync(RollingSync rolling, string name, IEnumerable<RollingStep> todo, int nodes, IEnumerable<string> without)
    {
        List<RollingStep> steps = [.. todo];
        using var bars = FollowNodes($"Bringing static environment {name} to what is declared", steps.Count, Phase.SyncNode);
        try
        {
            await rolling.RunAsync(steps, nodes, without, StopToken);
        }
        catch (HpcException stopped) when (stopped.Id == ErrorId.StaticSyncStopped)
        {
            Report(stopped);
        }
    }

    private void Tell(SyncOutcome outcome)
    {
        Emit(outcome.Change);
        if (outcome.Failure is { } failure)
        {
            ReportNode(new NodeFailure(outcome.Change.Node, failure));
        }
    }
}
