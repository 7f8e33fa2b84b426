using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Environments;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Compares static environments as they are declared with what nodes have: one object for each difference.</summary>
[Cmdlet(VerbsData.Compare, "HpcEnvironment", DefaultParameterSetName = nameof(ReadinessProof.Greeting))]
[OutputType(typeof(HpcEnvironmentDifference), typeof(HpcEnvironmentDifferenceGroup), typeof(HpcEnvironmentSummary))]
public sealed class CompareHpcEnvironmentCommand : StaticCmdlet
{
    private readonly ConcurrentDictionary<string, EnvironmentState> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _failed = new(StringComparer.Ordinal);
    private readonly List<string> _notDeclared = [];

    /// <summary>Leaves out whether what runs is ready: whether its sshd greets, and no drain keeps users out.</summary>
    [Parameter(ParameterSetName = nameof(NoReady), Mandatory = true)]
    public SwitchParameter NoReady { get; set; }

    /// <summary>
    /// Proves the whole way in, as a start does: the sshd's host key, and a command that the engine runs in the container.
    /// </summary>
    [Parameter(ParameterSetName = nameof(WayIn), Mandatory = true)]
    public SwitchParameter WayIn { get; set; }

    /// <summary>Tells of those containers of the nodes, too, that the module did not make.</summary>
    [Parameter]
    public SwitchParameter IncludeForeign { get; set; }

    /// <summary>Writes one object in place of the differences: a status, an exit code and a line as monitoring systems take them.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>Writes one object for the nodes that differ alike, when all have answered.</summary>
    [Parameter]
    public SwitchParameter Fold { get; set; }

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        RefuseTogether(nameof(Fold), nameof(Summary));
        RefuseBeside(nameof(Unordered), nameof(Fold), nameof(Summary));
        var watched = Cluster with { Failed = Missed };
        var survey = new EnvironmentSurvey(watched, RequiredSite, new StaticPlanner(watched, RequiredSite, StaticNames.Asker()))
        {
            Proof = NoReady ? ReadinessProof.None : WayIn ? ReadinessProof.WayIn : ReadinessProof.Greeting,
            Unresolved = (image, failure) => Warn($"{image} is compared with what the nodes hold: {failure.Message}"),
        };
        var nodes = Declared(Wrong);
        using (FollowNodes("Comparing static environments", nodes.Count, Phase.CompareNode))
        {
            await survey.ReadAsync(nodes, AnswerAsync, StopToken);
        }

        if (Fold)
        {
            var answered = nodes.Keys.Where(_states.ContainsKey).Select(node => _states[node]);
            EmitAll(HpcEnvironmentDifferenceGroup.Of(answered.SelectMany(Compare)));
        }

        if (Summary)
        {
            var declared = _states.Values.Sum(state => state.Declared.Count + state.Unplanned.Count);
            List<HpcEnvironmentDifference> differences = [.. _states.Values.SelectMany(Compare)];
            var declaresNone = RequiredSite.Static.Count == 0;
            Emit(HpcEnvironmentSummary.Of([.. _states.Keys], [.. _failed.Keys], declared, differences, declaresNone, _notDeclared));
        }
    }

    private Task AnswerAsync(EnvironmentState state, CancellationToken stopping)
    {
        _states[state.Node] = state;
        if (!Summary && !Fold)
        {
            EmitAll(Compare(state));
        }

        return Task.CompletedTask;
    }

    private IEnumerable<HpcEnvironmentDifference> Compare(EnvironmentState state)
    {
        var differences = state.Differences();
        if (Asked.Any(asked => asked.Names.Contains("*")))
        {
            var named = DeclaredOn(state.Node);
            differences = differences.Concat(EnvironmentComparison.UndeclaredOf(state.Node, named, state.Containers));
        }

        return IncludeForeign ? differences.Concat(ForeignContainers.On(state)) : differences;
    }

    /// <summary>Of what was named and is not declared nobody knows whether it is as it should be.</summary>
    private void Wrong(HpcException failure)
    {
        if (failure.Id == ErrorId.StaticNotFound)
        {
            _notDeclared.Add($"{failure.Target}");
        }
        else
        {
            _failed[$"{failure.Target}"] = true;
        }

        Report(failure);
    }

    private void Missed(NodeFailure failure)
    {
        _failed[failure.Node] = true;
        ReportNode(failure);
    }
}
