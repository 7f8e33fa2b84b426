using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>What brings a node from the container that it has to the one that is declared. Made by looking alone.</summary>
/// <param name="Plan">The container that is declared.</param>
/// <param name="Step">What is to be done.</param>
/// <param name="Existing">The container of its name that the node has; null when there is none.</param>
public sealed record StaticChange(HpcContainerPlan Plan, StaticStep Step, EngineContainer? Existing)
{
    /// <summary>The change in words, as -WhatIf says it.</summary>
    public string Words => Step switch
    {
        StaticStep.Create => $"Start a container of {Plan.Image}",
        StaticStep.Start => "Start the container that was stopped",
        StaticStep.Restart => "Restart the container",
        StaticStep.Unpause => "Let the processes of the container go on, which somebody paused",
        StaticStep.Open => "Let users in again, whom a drain turned away",
        StaticStep.Replace => $"Stop and remove the container, and start one of {Plan.Image}",
        _ => "Nothing",
    };

    /// <summary>Whether what listens on the declared port is the container that is there, and not one whose port was another.</summary>
    internal bool HasPort =>
        Existing is not null && Runs(Existing) && ContainerLabels.ToHpcContainer(Plan.Node, Existing).Port == Plan.Port;

    /// <summary>What a start is to do: nothing where the declared container runs, and nothing that would end a login.</summary>
    /// <param name="engine">What the site's engines are called; null is as on a site that names none.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticDiffers"/>: another one runs, or what has the name is not this static environment's.
    /// </exception>
    public static StaticChange ToStart(HpcContainerPlan plan, EngineContainer? existing, EngineTerms? engine = null)
    {
        var step = Look(plan, existing, engine) switch
        {
            (false, _) => StaticStep.Create,
            (true, true) when existing!.State == ContainerState.Paused => StaticStep.Unpause,
            (true, true) => Runs(existing!) ? StaticStep.None : CanStart(existing!) ? StaticStep.Start : StaticStep.Replace,
            (true, false) => Runs(existing!) ? throw Differs(plan, existing!) : StaticStep.Replace,
        };
        return new StaticChange(plan, step, existing);
    }

    /// <summary>What a restart is to do: the declared container starts anew, and another one gives way to it.</summary>
    /// <param name="engine">What the site's engines are called; null is as on a site that names none.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticDiffers"/>: what has the name is not this static environment's.</exception>
    public static StaticChange ToRestart(HpcContainerPlan plan, EngineContainer? existing, EngineTerms? engine = null)
    {
        var step = Look(plan, existing, engine) switch
        {
            (false, _) => StaticStep.Create,
            (true, true) => Runs(existing!) || CanStart(existing!) ? StaticStep.Restart : StaticStep.Replace,
            (true, false) => StaticStep.Replace,
        };
        return new StaticChange(plan, step, existing);
    }

    /// <summary>Requires that what has the name is the static environment's.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.StaticDiffers"/>: it is not.</exception>
    internal static void RequireOwn(HpcContainerPlan plan, EngineContainer existing, EngineTerms? engine)
    {
        if (ContainerLabels.WorkloadOf(existing) != plan.Workload)
        {
            throw new HpcException(
                ErrorId.StaticDiffers,
                $"Container {plan.Name} on {plan.Node} is not one of {plan.Workload}: somebody else made it.",
                plan.Node,
                $"See what it is, and give it another name or remove it: ssh {plan.Node} "
                + $"{(engine ?? KnownEngines.Default.Terms).InspectCommand} {plan.Name}.");
        }
    }

    /// <summary>Whether there is a container, and whether it is as declared.</summary>
    private static (bool Exists, bool IsDeclared) Look(HpcContainerPlan plan, EngineContainer? existing, EngineTerms? engine)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (existing is null)
        {
            return (false, false);
        }

        RequireOwn(plan, existing, engine);
        return (true, existing.Labels.GetValueOrDefault(ContainerLabels.Generation) == plan.Generation);
    }

    /// <summary>A container that its engine starts again and again runs, too: it is for its log to say why it does not last.</summary>
    internal static bool Runs(EngineContainer existing) =>
        existing.State is ContainerState.Running or ContainerState.Restarting or ContainerState.Paused;

    /// <summary>
    /// Whether it ran once. One that was made and never ran may be one that its node refuses to start; one that the engine began to remove
    /// starts no more.
    /// </summary>
    internal static bool CanStart(EngineContainer existing) => existing.State == ContainerState.Exited;

    private static HpcException Differs(HpcContainerPlan plan, EngineContainer existing)
    {
        var generation = existing.Labels.GetValueOrDefault(ContainerLabels.Generation);
        return new HpcException(
            ErrorId.StaticDiffers,
            $"Container {plan.Name} runs on {plan.Node} and is not as declared: generation {generation ?? "unknown"}, declared is "
            + $"{plan.Generation}.",
            plan.Node,
            $"Take up what is declared, which ends its logins: Restart-HpcContainer -Static {plan.Static} -Node {plan.Node}.");
    }
}

/// <summary>What is done to a static environment's container on a node.</summary>
public enum StaticStep
{
    /// <summary>Nothing: it runs as declared.</summary>
    None,

    /// <summary>It is made and started.</summary>
    Create,

    /// <summary>It is started, being as declared and stopped.</summary>
    Start,

    /// <summary>It is stopped and started, being as declared.</summary>
    Restart,

    /// <summary>Its processes go on, being as declared and paused.</summary>
    Unpause,

    /// <summary>Users are let in again, whom a drain turned away that was cut off.</summary>
    Open,

    /// <summary>It is stopped and set aside, and the declared one is made and started; then it is removed.</summary>
    Replace,

    /// <summary>It is removed: nothing declares it any more, or another one has taken its place.</summary>
    Remove,
}
