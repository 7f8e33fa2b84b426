using PisaHpc.Engines;

namespace PisaHpc.Containers;

/// <summary>Stops and removes containers. What is gone already is success.</summary>
public static class ContainerStopper
{
    /// <summary>What <see cref="StopAsync"/> would make of a container.</summary>
    public static HpcContainer Predict(HpcContainer container) =>
        container with { State = nameof(ContainerState.Exited), Ready = false, Changed = true };

    /// <summary>Stops a container in order (TERM, grace, KILL) and removes it.</summary>
    /// <param name="grace">How long it may take after TERM.</param>
    /// <returns>The container as it was, with <see cref="HpcContainer.Changed"/> telling whether it existed.</returns>
    public static async Task<HpcContainer> StopAsync(
        IContainerEngine engine, HpcContainer container, TimeSpan grace, CancellationToken cancellationToken)
    {
        await engine.StopAsync(container.Id, grace, cancellationToken);
        var existed = await engine.RemoveAsync(container.Id, cancellationToken);
        return container with { State = nameof(ContainerState.Exited), Ready = false, Changed = existed };
    }
}
