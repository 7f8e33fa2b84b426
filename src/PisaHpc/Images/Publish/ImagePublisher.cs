using System.Diagnostics;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Images.Publish;

/// <summary>Brings an image of a node into a registry.</summary>
public static class ImagePublisher
{
    private static readonly TimeSpan TakeBackLimit = TimeSpan.FromSeconds(10);

    /// <summary>Plans a push: looks at the node and asks the registry what it has under the name.</summary>
    /// <param name="engine">The engine that has the image.</param>
    /// <param name="name">The image's name; one that names a registry is pushed there.</param>
    /// <param name="registry">The registry for names that name none, as host:port; null when the site has none.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/>: no name for a registry, or no registry; <see cref="ErrorId.ImageNotFound"/>: the node does not
    /// hold it.
    /// </exception>
    public static async Task<PublicationPlan> PlanAsync(
        IContainerEngine engine, string name, string? registry, CancellationToken cancellationToken)
    {
        var source = ImageReference.ParseTarget(name);
        var target = source.In(registry);
        if (target.Registry is null)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"{Quote.Of(name)} names no registry, and the site definition names none.",
                name,
                "Name one with -Registry, or in the site definition: registry: registry.lab:5000.");
        }

        var before = DigestAsync(engine, target, cancellationToken);
        var earlier = await engine.Images.FindAsync(target.ToString(), cancellationToken);
        var image = (source == target ? earlier : await engine.Images.FindAsync(source.ToString(), cancellationToken) ?? earlier)
            ?? throw new HpcException(
                ErrorId.ImageNotFound,
                $"The engine on {engine.Node} holds no {source}.",
                engine.Node,
                $"See what it holds: {engine.Administration.Terms.ImagesCommand}; or import it: Import-HpcImage.");
        return new PublicationPlan(source, target, image, earlier, await before);
    }

    /// <summary>Carries a plan out: tags and pushes. When the push fails the node's tag is again what it was.</summary>
    /// <param name="progress">Told of each layer; from any thread.</param>
    /// <param name="taken">Told of a name that an interruption has taken back; null where nobody asks.</param>
    /// <exception cref="HpcException">The ids of <see cref="IImageStore.PushAsync"/>.</exception>
    public static async Task<PublishedImage> PublishAsync(
        IContainerEngine engine,
        PublicationPlan plan,
        IProgress<LayerPush>? progress,
        CancellationToken cancellationToken,
        TakenBack? taken = null)
    {
        if (plan.IsThere)
        {
            return Of(engine.Node, plan, plan.Before);
        }

        var clock = Stopwatch.StartNew();
        var target = plan.Target.ToString();
        try
        {
            if (plan.TakesName)
            {
                await engine.Images.TagAsync(plan.Image.Id, target, cancellationToken);
            }

            var digest = await engine.Images.PushAsync(target, progress, cancellationToken);
            return Of(engine.Node, plan, digest) with { DurationSec = Math.Round(clock.Elapsed.TotalSeconds, 3) };
        }
        catch when (plan.TakesName)
        {
            await TakeBackAsync(engine, plan, taken);
            throw;
        }
    }

    /// <summary>The result of a plan.</summary>
    /// <param name="digest">The digest that the registry has now; null when the plan was not carried out.</param>
    public static PublishedImage Of(string node, PublicationPlan plan, string? digest) => new()
    {
        Node = node,
        Name = plan.Name.ToString(),
        Reference = plan.Target.ToString(),
        Digest = digest,
        PreviousDigest = plan.Before,
        Id = plan.Image.Id,
        SizeBytes = plan.Image.SizeBytes,
        Changed = digest is null || digest != plan.Before,
    };

    /// <summary>A registry that does not answer, or keeps the answer to itself, is the push's business, whose words are better.</summary>
    private static async Task<string?> DigestAsync(IContainerEngine engine, ImageReference target, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Images.ResolveAsync(target.ToString(), cancellationToken);
        }
        catch (HpcException failure) when (failure.Id is ErrorId.ImageNotFound or ErrorId.ImagePullFailed)
        {
            return null;
        }
    }

    /// <summary>Goes on after Ctrl-C, within limits.</summary>
    private static async Task TakeBackAsync(IContainerEngine engine, PublicationPlan plan, TakenBack? taken)
    {
        var target = plan.Target.ToString();
        using var limit = new CancellationTokenSource(TakeBackLimit);
        try
        {
            await (plan.Earlier is null
                ? engine.Images.UntagAsync(target, limit.Token)
                : engine.Images.TagAsync(plan.Earlier.Id, target, limit.Token));
            taken?.AddName($"image {plan.Name}", engine.Node, target);
        }
        catch (Exception exception) when (exception is HpcException or OperationCanceledException)
        {
            // The push's failure is what the caller must know; the tag it leaves names the image rightly.
        }
    }
}

/// <summary>An image that a registry holds under a name.</summary>
public sealed record PublishedImage
{
    /// <summary>The node whose engine pushed it.</summary>
    public required string Node { get; init; }

    /// <summary>The name that was asked for, as the node has it.</summary>
    public required string Name { get; init; }

    /// <summary>The name in the registry, with registry and tag.</summary>
    public required string Reference { get; init; }

    /// <summary>The registry's digest of it, <c>sha256:…</c>; null for one that is predicted.</summary>
    public string? Digest { get; init; }

    /// <summary>The digest that the name had before; null when it had none.</summary>
    public string? PreviousDigest { get; init; }

    /// <summary>The image's id on the node.</summary>
    public required string Id { get; init; }

    /// <summary>Its size on the node in bytes, unpacked.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public double DurationSec { get; init; }

    /// <summary>Whether the registry has another image under the name than before.</summary>
    public required bool Changed { get; init; }

    /// <summary>The image and its name in the registry.</summary>
    public override string ToString() => $"{Name} on {Node} as {Reference}";
}

/// <summary>A push as it is going to be.</summary>
/// <param name="Name">The name on the node.</param>
/// <param name="Target">The name in the registry.</param>
/// <param name="Image">The image.</param>
/// <param name="Earlier">The image that has the registry's name on the node now; null when none has.</param>
/// <param name="Before">The digest that the registry has under the name now; null when it has none, or did not say.</param>
public sealed record PublicationPlan(ImageReference Name, ImageReference Target, StoredImage Image, StoredImage? Earlier, string? Before)
{
    /// <summary>Whether the image has yet to get the registry's name on the node.</summary>
    public bool TakesName => Earlier?.Id != Image.Id;

    /// <summary>Whether the registry's name leads to this very image already, as an earlier push or pull told the engine.</summary>
    public bool IsThere => Before is not null && Image.Digests.Contains($"{Target.Name}@{Before}");
}
