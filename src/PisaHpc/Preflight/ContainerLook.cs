using System.Globalization;
using PisaHpc.Containers;
using PisaHpc.Images;

namespace PisaHpc.Preflight;

/// <summary>
/// Looks at limits from inside a container, which is where they count: the engine's own limits, the node's, and what the kernel let
/// through come together only there. The container is removed whatever happens: by this process at the end or when it is interrupted, by
/// the engine when it ends by itself, and by the next look when this process was killed before it was started.
/// </summary>
internal static class ContainerLook
{
    /// <summary>The label of these containers.</summary>
    public const string Label = "pisahpc.preflight";

    private const string Nobody = "65534:65534";
    private const string End = "that is all";

    // It stays until it is removed, so that its log is there to be read; one that nobody removes ends by itself.
    private const string Script = $"cat /proc/self/limits; df -Pk /dev/shm | tail -n 1; echo '{End}'; exec sleep 60";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeftBehind = TimeSpan.FromMinutes(5);

    /// <summary>Looks once for each combination of limits.</summary>
    /// <param name="engines">The nodes' engines.</param>
    /// <param name="node">The node.</param>
    /// <param name="now">The time by the node's own clock; null when it does not tell, and nothing is taken for left behind.</param>
    /// <param name="request">The environments.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <returns>What was seen; a look that failed is one that says why.</returns>
    public static async Task<IReadOnlyList<ContainerProbe>> RunAsync(
        IEngineConnector engines, string node, DateTimeOffset? now, PreflightRequest request, CancellationToken cancellationToken)
    {
        var probes = request.Environments
            .GroupBy(environment => (environment.Limits.MemlockBytes, environment.Limits.ShmBytes))
            .Select(
                group => new ContainerProbe([.. group.Select(environment => environment.Name)], group.Key.MemlockBytes, group.Key.ShmBytes))
            .ToList();
        try
        {
            await using var engine = await engines.ConnectAsync(node, cancellationToken);
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
        var spec = SpecOf(image, probe);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var id = await engine.CreateAsync(spec, limit.Token);
            await engine.StartAsync(id, limit.Token);
            return await ReadAsync(engine, id, probe, limit.Token);
        }
        catch (HpcException failure)
        {
            return probe with { Failure = failure };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return probe with { Failure = Unread(engine, $"said nothing within {Patience.TotalSeconds:0} s") };
        }
        finally
        {
            await ContainerStarter.TakeBackAsync(engine, spec.Name);
        }
    }

    private static async Task<ContainerProbe> ReadAsync(
        IContainerEngine engine, string id, ContainerProbe probe, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (var line in engine.ReadLogAsync(id, tail: null, follow: true, cancellationToken))
        {
            if (line.Text == End)
            {
                return probe with { MemlockSeen = MemlockOf(lines), ShmSeen = ShmOf(lines) };
            }

            lines.Add(line.Text);
        }

        return probe with { Failure = Unread(engine, $"ended early: {string.Join(" | ", lines.TakeLast(2))}") };
    }

    private static HpcException Unread(IContainerEngine engine, string what) =>
        new(ErrorId.NodeCommandFailed, $"a container on {engine.Node} {what}", engine.Node);

    private static ContainerSpec SpecOf(string image, ContainerProbe probe) => new()
    {
        Name = "pisahpc-preflight-" + ContainerNames.NewAttempt(),
        Image = image,
        Command = ["sh", "-c", Script],
        User = Nobody,
        MemlockBytes = probe.MemlockBytes,
        ShmBytes = probe.ShmBytes,
        SecurityOptions = ["no-new-privileges"],
        AutoRemove = true,
        Labels = new Dictionary<string, string> { [Label] = probe.Names },
    };

    /// <summary>The soft limit of "Max locked memory" (proc_pid_limits(5)).</summary>
    private static long? MemlockOf(List<string> lines)
    {
        const string Row = "Max locked memory";
        var row = lines.Find(line => line.StartsWith(Row, StringComparison.Ordinal));
        var fields = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is not [var soft, ..] ? null : soft == "unlimited" ? -1 : NumberOf(soft);
    }

    private static long? ShmOf(List<string> lines) =>
        lines.Count > 0 && lines[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var blocks, ..]
            ? NumberOf(blocks) * 1024
            : null;

    private static long? NumberOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Removes what a look left whose process was killed between making its container and starting it.</summary>
    private static async Task SweepAsync(IContainerEngine engine, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var left = await engine.ListAsync(new Dictionary<string, string?> { [Label] = null }, cancellationToken);
        foreach (var container in left.Where(container => now - container.CreatedAt > LeftBehind))
        {
            await engine.RemoveAsync(container.Id, cancellationToken);
        }
    }
}
