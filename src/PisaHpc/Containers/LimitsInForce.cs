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
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.LimitNotInForce"/>, with the limit, its value and the one that was planned; the ids of
    /// <see cref="IContainerEngine"/>.
    /// </exception>
    public static async Task RequireAsync(
        INodeConnection connection,
        IContainerEngine engine,
        HpcContainerPlan plan,
        HpcContainer container,
        CancellationToken cancellationToken)
    {
        var spec = plan.GetSpec();
        if (spec.Cpus is null && spec.MemoryBytes is null)
        {
            return;
        }

        var found = await ControlGroup.ReadAsync(connection, [container.Id], cancellationToken);
        var problem = found.TryGetValue(container.Id, out var group)
            ? ProblemOf(spec, group)
            : ("none of the processes that are seen there is in a control group of it", WordsOf(spec));

        // One that has ended has no group any more, or only a part of it: why it ended is for others to say.
        if (problem is var (actual, wanted) && await engine.FindAsync(container.Id, cancellationToken) is { State: ContainerState.Running })
        {
            throw NotInForce(plan, actual, wanted);
        }
    }

    private static (string Actual, string Wanted)? ProblemOf(ContainerSpec spec, ControlGroup group) =>
        spec.Cpus is { } cpus && !(group.Cpus <= cpus)
            ? ($"its CPU quota is {Words(group.Cpus)} ({group.Path})", Number($"{cpus}"))
            : spec.MemoryBytes is { } bytes && !(group.LimitBytes <= bytes)
            ? ($"its limit of memory is {Words(group.LimitBytes)} ({group.Path})", Number($"{bytes} bytes"))
            : null;

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

    private static string WordsOf(ContainerSpec spec)
    {
        var cpus = spec.Cpus is { } count ? Number($"{count} CPUs") : null;
        var memory = spec.MemoryBytes is { } bytes ? Number($"{bytes} bytes of memory") : null;
        return string.Join(" and ", new[] { cpus, memory }.OfType<string>());
    }

    private static string Words(double? cpus) => cpus is { } number ? Number($"{number:0.##}") : "none";

    private static string Words(long? bytes) => bytes is { } number ? Number($"{number} bytes") : "none";

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
