using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>What brings one static environment on one node to what is declared. Made by looking alone.</summary>
/// <param name="Plan">The container that is declared.</param>
/// <param name="Step">What is to be done.</param>
/// <param name="Existing">The container of its name that the node has; null when there is none.</param>
/// <param name="Replaced">The container that was set aside by a replacement that did not come to its end; null when there is none.</param>
/// <param name="Reason">How the node differs, in words.</param>
public sealed record EnvironmentStep(
    HpcContainerPlan Plan, StaticStep Step, EngineContainer? Existing, EngineContainer? Replaced, string Reason)
{
    /// <summary>Whether users do not get in now, so that nobody loses anything by the step.</summary>
    public bool IsDown { get; init; }

    /// <summary>The step in words, as -WhatIf says it.</summary>
    public string Words => Step == StaticStep.Remove
        ? $"Remove {Replaced?.Name}, whose place another one has taken"
        : new StaticChange(Plan, Step, Existing).Words;

    /// <summary>The step as it is put out, before it is done.</summary>
    public HpcEnvironmentChange Change => new()
    {
        Node = Plan.Node,
        Static = Plan.Static!,
        Container = Plan.Name,
        Step = Step.ToString(),
        Reason = Reason,
        Ready = !IsDown,
    };

    /// <summary>
    /// Decides: nothing where it is as declared; a container that only was stopped is started, one that only is paused goes on, and one
    /// that only a drain keeps shut is opened; any other difference, and one that is as declared and lets nobody in or never ran, is
    /// replaced.
    /// </summary>
    /// <param name="containers">The node's containers; those of the static environment are enough.</param>
    /// <param name="engine">What the site's engines are called; null is as on a site that names none.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticDiffers"/>: what has the name is not this static environment's.</exception>
    public static EnvironmentStep Of(
        ComparedContainer compared, IEnumerable<EngineContainer> containers, EngineTerms? engine = null)
    {
        ArgumentNullException.ThrowIfNull(compared);
        ArgumentNullException.ThrowIfNull(containers);
        var (plan, existing) = (compared.Plan, compared.Found.Container);
        if (existing is not null)
        {
            StaticChange.RequireOwn(plan, existing, engine);
        }

        var replaced = containers.FirstOrDefault(container =>
            ContainerLabels.WorkloadOf(container) == plan.Workload && EnvironmentComparison.IsReplaced(container));
        var differences = compared.Differences();
        var isDown = differences.Any(difference => difference.Severity == nameof(DifferenceSeverity.Error));
        var reason = string.Join("; ", differences.Select(InWords).Concat(replaced is null ? [] : ["a replacement was interrupted"]));
        return new EnvironmentStep(plan, StepOf(existing, replaced, differences, isDown), existing, replaced, reason) { IsDown = isDown };
    }

    private static StaticStep StepOf(
        EngineContainer? existing, EngineContainer? replaced, IReadOnlyList<HpcEnvironmentDifference> differences, bool isDown)
    {
        if (differences.Count == 0)
        {
            return replaced is null ? StaticStep.None : StaticStep.Remove;
        }

        if (replaced is not null && isDown)
        {
            return StaticStep.Replace;
        }

        return existing switch
        {
            null => StaticStep.Create,
            _ when differences.Count == 1 && StaticChange.CanStart(existing) => StaticStep.Start,
            { State: ContainerState.Paused } when differences.Count == 1 => StaticStep.Unpause,
            _ when differences is [{ Kind: nameof(DifferenceKind.LoginsClosed) }] => StaticStep.Open,
            _ => StaticStep.Replace,
        };
    }

    private static string InWords(HpcEnvironmentDifference difference) => difference.Kind switch
    {
        nameof(DifferenceKind.Missing) => "no container",
        nameof(DifferenceKind.NotRunning) => difference.Actual,
        nameof(DifferenceKind.Restarting) => "it ends again and again",
        nameof(DifferenceKind.LoginsClosed) => difference.Actual,
        nameof(DifferenceKind.NotReady) => $"nobody gets in: {difference.Actual}",
        nameof(DifferenceKind.Generation) => "another declaration or image",
        _ => $"{difference.Part} {Value(difference.Actual)}, declared {Value(difference.Wanted)}",
    };

    private static string Value(string value) => value.Length > 0 ? value : "none";
}
