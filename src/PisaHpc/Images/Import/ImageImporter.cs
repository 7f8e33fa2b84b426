using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using PisaHpc.Engines;

namespace PisaHpc.Images.Import;

/// <summary>Makes an image of a source in one engine.</summary>
public static class ImageImporter
{
    /// <summary>A changed way of reading sources makes other images of the same source.</summary>
    private const int Reading = 1;

    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);

    private static readonly string Tool =
        "PisaHpc " + typeof(ImageImporter).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Plans an import; the source's content is not read.</summary>
    /// <param name="name">The image's name; <c>latest</c> is its tag when it has none.</param>
    /// <param name="changes">Instructions as of a Dockerfile.</param>
    /// <param name="again">Whether an image that was made of the same source counts for nothing.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for the name or an instruction, and the engine's own.</exception>
    public static async Task<ImageImportPlan> PlanAsync(
        IContainerEngine engine,
        IImageSource source,
        string name,
        IReadOnlyList<string> changes,
        bool again,
        CancellationToken cancellationToken)
    {
        var target = ImageReference.ParseTarget(name);
        var instructions = changes.Select(ChangeInstructions.Validate).ToArray();
        var key = KeyOf(source, instructions);
        var provenance = ProvenanceOf(source, key);
        var held = await engine.Images.FindAsync(target.ToString(), cancellationToken);
        return new ImageImportPlan
        {
            Node = engine.Node,
            Import = new ImageImport(target, [.. instructions, ChangeInstructions.Label(provenance)]),
            Provenance = provenance,
            Held = held,
            IsHeld = !again && key is not null && held is { Layers: [_] } && held.Labels.GetValueOrDefault(ImageLabels.Key) == key,
        };
    }

    /// <summary>Carries a plan out. The name is the new image's when it is whole, and else what it was.</summary>
    /// <param name="source">The source that was planned with.</param>
    /// <param name="progress">Told of what was read; from any thread.</param>
    /// <param name="warn">Told what an admin should know of the source now that it was read.</param>
    /// <exception cref="HpcException">
    /// The ids of <see cref="IImageSource.WriteAsync"/> and <see cref="IImageStore.ImportAsync"/>.
    /// </exception>
    public static async Task<ImportedImage> ImportAsync(
        IContainerEngine engine,
        IImageSource source,
        ImageImportPlan plan,
        IProgress<ImportProgress>? progress,
        Action<string> warn,
        CancellationToken cancellationToken)
    {
        if (plan.IsHeld)
        {
            return ImportedImage.Of(plan, plan.Held, TimeSpan.Zero);
        }

        var clock = Stopwatch.StartNew();
        var id = await engine.Images.ImportAsync(
            plan.Import,
            async (target, stopping) =>
            {
                foreach (var warning in await source.WriteAsync(target, progress, stopping))
                {
                    warn(warning);
                }
            },
            cancellationToken);
        return ImportedImage.Of(plan, await MadeAsync(engine, plan, id), clock.Elapsed);
    }

    /// <summary>
    /// The image is there, whoever has left meanwhile: it is looked up within limits of its own, and the result is a success.
    /// </summary>
    private static async Task<StoredImage> MadeAsync(IContainerEngine engine, ImageImportPlan plan, string id)
    {
        using var limit = new CancellationTokenSource(LookLimit);
        try
        {
            return await engine.Images.FindAsync(id, limit.Token) ?? throw new HpcException(
                ErrorId.ImageImportFailed,
                $"The engine on {engine.Node} made {plan.Import.Name} and lost it again: it holds no {id}.",
                engine.Node);
        }
        catch (OperationCanceledException exception)
        {
            throw new HpcException(
                ErrorId.EngineTimeout,
                $"The engine on {engine.Node} made {plan.Import.Name} as {id} and did not show it within {LookLimit.TotalSeconds:0} s.",
                engine.Node,
                innerException: exception);
        }
    }

    private static Dictionary<string, string> ProvenanceOf(IImageSource source, string? key)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [ImageLabels.Source] = source.Path,
            [ImageLabels.Host] = Environment.MachineName,
            [ImageLabels.Time] = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            [ImageLabels.Tool] = Tool,
        };
        if (source.TreeDigest is { } digest)
        {
            labels[ImageLabels.TreeDigest] = digest;
        }

        if (key is not null)
        {
            labels[ImageLabels.Key] = key;
        }

        return labels;
    }

    private static string? KeyOf(IImageSource source, IReadOnlyList<string> changes)
    {
        if (source.Fingerprint is not { } fingerprint)
        {
            return null;
        }

        string[] all = [Reading.ToString(CultureInfo.InvariantCulture), Environment.MachineName, source.Path, fingerprint, .. changes];
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', all))));
    }
}

/// <summary>How far the reading of an image's source has come.</summary>
/// <param name="Bytes">Bytes read: of the tar stream that a tree gives, or of the tar as it lies there, compressed or not.</param>
/// <param name="TotalBytes">How many there are, for a tree nearly; null when nobody knows.</param>
/// <param name="Files">Files, directories and links seen; null when the tar's format does not let them be counted.</param>
/// <param name="TotalFiles">How many there are; null when nobody knows.</param>
public sealed record ImportProgress(long Bytes, long? TotalBytes, long? Files, long? TotalFiles);

/// <summary>An import as it is going to be, made without reading the source's content.</summary>
public sealed record ImageImportPlan
{
    /// <summary>The node whose engine gets the image.</summary>
    public required string Node { get; init; }

    /// <summary>What the engine is told.</summary>
    public required ImageImport Import { get; init; }

    /// <summary>The labels that say where it came from.</summary>
    public required IReadOnlyDictionary<string, string> Provenance { get; init; }

    /// <summary>The image that has the name now; null when none has.</summary>
    public StoredImage? Held { get; init; }

    /// <summary>Whether the image that has the name was made of this very source with the same instructions.</summary>
    public required bool IsHeld { get; init; }
}
