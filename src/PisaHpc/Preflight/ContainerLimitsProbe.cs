using PisaHpc.Containers;
using PisaHpc.Engines;

namespace PisaHpc.Preflight;

/// <summary>
/// Looks into a container of each combination of limits, and removes the ones that an earlier look left when its process was killed.
/// </summary>
internal static class ContainerLimitsProbe
{
    private static readonly TimeSpan LeftBehind = TimeSpan.FromMinutes(5);

    /// <summary>Looks once for each combination of limits.</summary>
    /// <param name="now">The time by the node's own clock; null when it does not tell, and nothing is taken for left behind.</param>
    /// <param name="request">The environments.</param>
    /// <returns>What was seen; a look that failed is one that says why.</returns>
    public static async Task<IReadOnlyList<ContainerProbe>> RunAsync(
        IEngineConnector engines, string node, DateTimeOffset? now, PreflightRequest request, CancellationToken cancellationToken)
    {
        var probes = request.Environments
            .GroupBy(environment => (environment.Limits.MemlockBytes, Files: environment.OpenFilesLimit(), environment.Limits.ShmBytes))
            .Select(group => new ContainerProbe(
                [.. group.Select(environment => environment.Name)], group.Key.MemlockBytes, group.Key.Files, group.Key.ShmBytes))
            .ToList();
        try
        {
            var engine = await engines.ConnectAsync(node, cancellationToken);
            await SweepAsync(engine, now, cancellationToken);
            return await LookAsync(engine, probes, request, cancellationToken);
        }
        catch (HpcException failure)
        {
            return [.. probes.Select(probe => probe with { Failure = failure })];
        }
    }

    private static async Task<IReadOnlyList<ContainerProbe>> LookAsync(
        IContainerEngine engine, List<ContainerProbe> probes, PreflightRequest request, CancellationToken cancellationToken)
    {
        if (await SmallestImageAsync(engine, request, cancellationToken) is not { } image)
        {
            var none = new HpcException(ErrorId.ImageNotFound, "the node holds no image of these environments", engine.Node);
            return [.. probes.Select(probe => probe with { Failure = none })];
        }

        var seen = new List<ContainerProbe>();
        foreach (var probe in probes)
        {
            seen.Add(await LookAsync(engine, image, probe, cancellationToken));
        }

        return seen;
    }

    private static async Task<string?> SmallestImageAsync(
        IContainerEngine engine, PreflightRequest request, CancellationToken cancellationToken)
    {
        var wanted = request.Environments.Select(environment => ImageReference.Parse(environment.Image)).ToList();
        var held = await engine.Images.ListAsync(cancellationToken);
        return held.Where(image => wanted.Exists(reference => Is(image, reference))).MinBy(image => image.SizeBytes)?.Id;
    }

    private static bool Is(StoredImage image, ImageReference reference) =>
        image.Id == reference.Repository
        || image.Tags.Contains($"{reference.Name}:{reference.Version}")
        || image.Digests.Contains($"{reference.Name}@{reference.Digest}");

    private static async Task<ContainerProbe> LookAsync(
        IContainerEngine engine, string image, ContainerProbe probe, CancellationToken cancellationToken)
    {
        var spec = EffectiveLimitsProbe.SpecOf(image, probe.Names) with
        {
            MemlockBytes = probe.MemlockBytes,
            OpenFiles = probe.OpenFiles,
            ShmBytes = probe.ShmBytes,
        };
        try
        {
            return probe with { Seen = await EffectiveLimitsProbe.RunAsync(engine, spec, cancellationToken) };
        }
        catch (HpcException refusal) when (refusal.Id == ErrorId.LimitRefused && probe.OpenFiles is { Required: true })
        {
            // Which limit it was is seen without this one; the others are judged from what is inside then.
            var without = await LookAsync(engine, image, probe with { OpenFiles = null }, cancellationToken);
            return without with { OpenFiles = probe.OpenFiles, OpenFilesRefusal = without.Failure is null ? refusal : null };
        }
        catch (HpcException failure)
        {
            return probe with { Failure = failure };
        }
    }

    /// <summary>Removes what a look left whose process was killed between making its container and starting it.</summary>
    private static async Task SweepAsync(IContainerEngine engine, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var left = await engine.ListAsync(new Dictionary<string, string?> { [EffectiveLimitsProbe.Label] = null }, cancellationToken);
        foreach (var container in left.Where(container => now - container.CreatedAt > LeftBehind))
        {
            await engine.RemoveAsync(container.Id, cancellationToken);
        }
    }
}
