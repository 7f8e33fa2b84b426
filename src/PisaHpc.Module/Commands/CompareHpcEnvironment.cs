using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Environments;
using PisaHpc.Module.Base;

namespace PisaHpc.Module.Commands;

/// <summary>Compares static environments as they are declared with what nodes have: one object for each difference.</summary>
[Cmdlet(VerbsData.Compare, "HpcEnvironment")]
[OutputType(typeof(HpcEnvironmentDifference), typeof(HpcEnvironmentSummary))]
public sealed class CompareHpcEnvironmentCommand : StaticCmdlet
{
    private readonly ConcurrentDictionary<string, EnvironmentState> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _failed = new(StringComparer.Ordinal);

    /// <summary>Leaves out whether what runs is ready: whether its sshd answers, and a command runs in it.</summary>
    [Parameter]
    public SwitchParameter NoReady { get; set; }

    /// <summary>Writes one object in place of the differences: a status, an exit code and a line as monitoring systems take them.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

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
        var watched = Cluster with { Failed = Missed };
        var survey = new EnvironmentSurvey(watched, RequiredSite, new StaticPlanner(watched, RequiredSite, StaticNames.Asker()))
        {
            AsksReadiness = !NoReady,
            Unresolved = (image, failure) => Warn($"{image} is compared with what the nodes hold: {failure.Message}"),
        };
        await survey.ReadAsync(Declared(), AnswerAsync, StopToken);
        if (Summary)
        {
            var declared = _states.Values.Sum(state => state.Declared.Count + state.Unplanned.Count);
            List<HpcEnvironmentDifference> differences = [.. _states.Values.SelectMany(Compare)];
            Emit(HpcEnvironmentSummary.Of([.. _states.Keys], [.. _failed.Keys], declared, differences));
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
        if (!Asked.Any(asked => asked.Names.Contains("*")))
        {
            return state.Differences();
        }

        var named = DeclaredOn(state.Node);
        return state.Differences().Concat(EnvironmentComparison.UndeclaredOf(state.Node, named, state.Containers));
    }

    private void Missed(NodeFailure failure)
    {
        _failed[failure.Node] = true;
        ReportNode(failure);
    }
}
