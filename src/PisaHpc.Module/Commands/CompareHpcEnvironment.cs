using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Environments;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;

namespace PisaHpc.Module.Commands;

/// <summary>Compares static environments as they are declared with what nodes have: one object for each difference.</summary>
[Cmdlet(VerbsData.Compare, "HpcEnvironment")]
[OutputType(typeof(HpcEnvironmentDifference), typeof(HpcEnvironmentSummary))]
public sealed class CompareHpcEnvironmentCommand : NodeCmdlet
{
    private readonly List<(string[] Names, string[] Nodes)> _asked = [];
    private readonly ConcurrentDictionary<string, EnvironmentState> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _failed = new(StringComparer.Ordinal);

    /// <summary>Static environments that the site declares, by name; wildcards are allowed. All of them without it.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = ["*"];

    /// <summary>Only these of their nodes; all of them when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Leaves out whether what runs is ready: whether its sshd answers, and a command runs in it.</summary>
    [Parameter]
    public SwitchParameter NoReady { get; set; }

    /// <summary>Writes one object in place of the differences: a status, an exit code and a line as monitoring systems take them.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _asked.Add((Static, Node));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var declared = StaticNames.DeclaredOf(this, _asked);
        var watched = Cluster with { Failed = Missed };
        var survey = new EnvironmentSurvey(watched, RequiredSite, new StaticPlanner(watched, RequiredSite, StaticNames.Asker()))
        {
            TriesLogins = !NoReady,
            Unresolved = (image, failure) => Warn($"{image} is compared with what the nodes hold: {failure.Message}"),
        };
        await survey.ReadAsync(declared, AnswerAsync, StopToken);
        if (Summary)
        {
            var declaredThere = _states.Values.Sum(state => state.Declared.Count + state.Unplanned.Count);
            List<HpcEnvironmentDifference> differences = [.. _states.Values.SelectMany(Compare)];
            Emit(HpcEnvironmentSummary.Of([.. _states.Keys], [.. _failed.Keys], declaredThere, differences));
        }
    }

    private Task AnswerAsync(EnvironmentState state, CancellationToken stopping)
    {
        _states[state.Node] = state;
        if (!Summary)
        {
            EmitAll(Compare(state));
        }

        return Task.CompletedTask;
    }

    private IEnumerable<HpcEnvironmentDifference> Compare(EnvironmentState state)
    {
        if (!_asked.Exists(asked => asked.Names.Contains("*")))
        {
            return state.Differences();
        }

        var named = StaticNames.DeclaredOn(RequiredSite, state.Node);
        return state.Differences().Concat(EnvironmentComparison.UndeclaredOf(state.Node, named, state.Containers));
    }

    private void Missed(NodeFailure failure)
    {
        _failed[failure.Node] = true;
        ReportNode(failure);
    }
}
