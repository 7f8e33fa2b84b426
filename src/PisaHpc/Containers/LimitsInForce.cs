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
    /// Told, in a line, of a limit that the node cannot see, and why: a node may be a container itself, show its own processes alone, or
    /// have an engine that makes no control groups.
    /// </param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.LimitNotInForce"/>, with the limit, its value and the one that was planned; the ids of
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

        warn($"Whether container {plan.Name} on {plan.Node} is held to {unseen!.Value.Limits} cannot be seen: {unseen.Value.Why}.");
    }

    private static (string Actual, string Wanted)? ProblemOf(ContainerSpec spec, ControlGroupSight sight)
    {
        var where = sight.Group is { } group ? $" ({group.Path})" : "";
        return sight.CpusUnseen is null && spec.Cpus is { } cpus && !(sight.Group?.Cpus <= cpus)
                ? ($"its CPU quota is {Words(sight.Group?.Cpus)}{where}", Number($"{cpus}"))
            : sight.MemoryUnseen is null && spec.MemoryBytes is { } bytes && !(sight.Group?.LimitBytes <= bytes)
                ? ($"its limit of memory is {Words(sight.Group?.LimitBytes)}{where}", Number($"{bytes} bytes"))
            : null;
    }

    private static (string Limits, string Why)? UnseenOf(ContainerSpec spec, ControlGroupSight sight)
    {
        var cpus = sight.CpusUnseen is not null && spec.Cpus is { } count ? Number($"{count} CPUs") : null;
        var memory = sight.MemoryUnseen is not null && spec.MemoryBytes is { } bytes ? Number($"{bytes} bytes of memory") : null;
        return (cpus, memory) is (null, null) ? null
            : (string.Join(" and ", new[] { cpus, memory }.OfType<string>()), (cpus is null ? sight.MemoryUnseen : sight.CpusUnseen)!);
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
