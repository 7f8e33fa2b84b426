using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// Looks whether the kernel holds a container that was started to the limits of its plan. What an engine says of a container is what it was
/// asked for: a kernel without the controller, or somebody who changed the group since, makes it another thing.
/// </summary>
public static class LimitsInForce
{
    /// <summary>
    /// Requires that the CPU quota and the limit of memory are no larger than planned, in one round trip where there are any.
    /// </summary>
    /// <param name="connection">The connection to the container's node.</param>
    /// <param name="engine">The node's engine, which says whether a container without a group runs.</param>
    /// <param name="container">The container, started.</param>
    /// <param name="warn">
    /// Told, in a line, of a limit that the node cannot see: a node that is a container itself may have no hierarchy mounted that has the
    /// container's group.
    /// </param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.LimitNotInForce"/>, with the limit, its value and the one that was planned: also where no process of the node is
    /// in a control group of the container, and, of a job whose limits are required, where the node cannot see one; the ids of
    /// <see cref="IContainerEngine"/>.
    /// </exception>
    public static async Task RequireAsync(
        INodeConnection connection,
        IContainerEngine engine,
        HpcContainerPlan plan,
        HpcContainer container,
        Action<string> warn,
        CancellationToken cancellationToken)
    {
        var spec = plan.GetSpec();
        if (spec.Cpus is null && spec.MemoryBytes is null)
        {
            return;
        }

        var sight = await ControlGroup.LookAsync(connection, container.Id, cancellationToken);
        var problem = ProblemOf(spec, sight);
        var unseen = UnseenOf(spec, sight);

        // One that has ended has no group any more, or only a part of it: why it ended is for others to say.
        if ((problem is null && unseen is null)
            || await engine.FindAsync(container.Id, cancellationToken) is not { State: ContainerState.Running })
        {
            return;
        }

        if (problem is var (actual, wanted))
        {
            throw NotInForce(plan, actual, wanted);
        }

        const string Why = "its control group is in no hierarchy that is mounted there";
        if (plan.RequiresLimits)
        {
            throw NotInForce(plan, $"{Why}, and limits.fromJob is required", unseen!);
        }

        warn($"Whether container {plan.Name} on {plan.Node} is held to {unseen} cannot be seen: {Why}.");
    }

    private static (string Actual, string Wanted)? ProblemOf(ContainerSpec spec, ControlGroupSight sight)
    {
        var where = sight.Group is { } group ? $" ({group.Path})" : "";
        return !sight.HasProcesses
                ? ("none of the processes that are seen there is in a control group of it", WordsOf(spec.Cpus, spec.MemoryBytes)!)
            : !sight.AreCpusUnseen && spec.Cpus is { } cpus && !(sight.Group?.Cpus <= cpus)
                ? ($"its CPU quota is {Words(sight.Group?.Cpus)}{where}", Number($"{cpus}"))
            : !sight.IsMemoryUnseen && spec.MemoryBytes is { } bytes && !(sight.Group?.LimitBytes <= bytes)
                ? ($"its limit of memory is {Words(sight.Group?.LimitBytes)}{where}", Number($"{bytes} bytes"))
            : null;
    }

    private static string? UnseenOf(ContainerSpec spec, ControlGroupSight sight) =>
        WordsOf(sight.AreCpusUnseen ? spec.Cpus : null, sight.IsMemoryUnseen ? spec.MemoryBytes : null);

    private static string? WordsOf(double? cpus, long? bytes)
    {
        string?[] limits = [cpus is null ? null : $"{Words(cpus)} CPUs", bytes is null ? null : Number($"{bytes} bytes of memory")];
        return limits.OfType<string>().ToArray() is { Length: > 0 } some ? string.Join(" and ", some) : null;
    }

    /// <summary>A container that is waited for, with its limits looked at meanwhile.</summary>
    /// <param name="ready">Waits for it; that it did not become ready says more than that it lacks a limit.</param>
    /// <param name="limits">Looks at its limits.</param>
    /// <exception cref="HpcException">What either throws.</exception>
    public static async Task<HpcContainer> WithAsync(Task<HpcContainer> ready, Task limits)
    {
        ArgumentNullException.ThrowIfNull(ready);
        ArgumentNullException.ThrowIfNull(limits);
        await Task.WhenAll(ready, limits);
        return await ready;
    }

    private static HpcException NotInForce(HpcContainerPlan plan, string found, string wanted) => new(
        ErrorId.LimitNotInForce,
        $"Container {plan.Name} on {plan.Node} is not held to its limits: {found}, and was to be {wanted} at most.",
        plan.Node);

    private static string Words(double? cpus) => cpus is { } number ? Number($"{number:0.##}") : "none";

    private static string Words(long? bytes) => bytes is { } number ? Number($"{number} bytes") : "none";

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
