using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Containers;

/// <summary>
/// Creates and starts a container. Only the start tells whether a node gives the limit on open files: what the engine may raise depends on
/// its rights, its own limits and its node's kernel.
/// </summary>
internal static class ContainerLaunch
{
    /// <summary>Creates and starts a container. A limit on open files that nobody asked for gives way where the node refuses it.</summary>
    /// <param name="spec">The container. After a failure its name may be taken still: the caller takes it back.</param>
    /// <param name="created">Told of the container's id before it starts; twice where the limit gave way.</param>
    /// <returns>The container's id.</returns>
    /// <exception cref="HpcException">
    /// The ids of <see cref="IContainerEngine"/>; a refused limit on open files comes with what the node allows.
    /// </exception>
    public static async Task<string> RunAsync(
        IContainerEngine engine, ContainerSpec spec, CancellationToken cancellationToken, Action<string>? created = null)
    {
        try
        {
            return await StartAsync(engine, spec, created, cancellationToken);
        }
        catch (HpcException refusal) when (refusal.Id == ErrorId.LimitRefused && spec.OpenFiles is { Required: true })
        {
            throw await ExplainAsync(engine, spec.Image, spec.OpenFiles.Count, refusal, cancellationToken);
        }
        catch (HpcException refusal) when (refusal.Id == ErrorId.LimitRefused && spec.OpenFiles is { Required: false })
        {
            await engine.RemoveAsync(spec.Name, cancellationToken);
        }

        return await StartAsync(engine, spec with { OpenFiles = null }, created, cancellationToken);
    }

    private static async Task<string> StartAsync(
        IContainerEngine engine, ContainerSpec spec, Action<string>? created, CancellationToken cancellationToken)
    {
        var id = await engine.CreateAsync(spec, cancellationToken);
        created?.Invoke(id);
        await engine.StartAsync(id, cancellationToken);
        return id;
    }

    /// <summary>The refusal with the limit that the node allows, where that limit is the reason; else the refusal as it is.</summary>
    private static async Task<HpcException> ExplainAsync(
        IContainerEngine engine, string image, long asked, HpcException refusal, CancellationToken cancellationToken)
    {
        EffectiveLimits allowed;
        try
        {
            var look = EffectiveLimitsProbe.SpecOf(image, purpose: "openFiles");
            allowed = await EffectiveLimitsProbe.RunAsync(engine, look, cancellationToken);
        }
        catch (HpcException)
        {
            // An image without a shell, or an engine that went away: the engine's own words remain.
            return refusal;
        }

        var (most, whose) = asked > allowed.KernelOpenFiles
            ? (allowed.KernelOpenFiles, "its kernel allows (fs.nr_open)")
            : (allowed.OpenFilesHard, "its engine gives a container by itself, and it may not raise that");
        return most is not { } limit || limit < 0 || asked <= limit ? refusal : new HpcException(
            ErrorId.LimitRefused,
            $"Node {engine.Node} refuses {HpcEnvironment.OpenFilesOption} {asked}: {limit} is what {whose}. {refusal.Message}",
            engine.Node,
            $"Set openFiles to {limit} at most, or to 'host', under limits in the site definition or with -OpenFiles; "
            + $"or raise the engine's own on the node: LimitNOFILE= of {engine.Administration.Terms.Services}.",
            refusal);
    }
}
