using PisaHpc.Engines;

namespace PisaHpc.Unit.Nodes;

/// <summary>
/// A node's images in memory. What is pulled comes from <see cref="FakeCluster.RegistryDigests"/>. Where a test speaks of no image at all,
/// on the node or in the registry, the node holds whatever is looked up.
/// </summary>
public sealed class FakeImageStore : IImageStore
{
    private readonly FakeCluster _cluster;
    private readonly string _node;
    private readonly List<StoredImage> _images = [];

    internal FakeImageStore(FakeCluster cluster, string node) => (_cluster, _node) = (cluster, node);

    /// <summary>The images that the node holds.</summary>
    public IReadOnlyList<StoredImage> Held
    {
        get
        {
            lock (_images)
            {
                return [.. _images];
            }
        }
    }

    /// <summary>An image as a pull by its digest leaves it; its id follows from the digest.</summary>
    public static StoredImage Image(string repository, string digest, params string[] tags) => new()
    {
        Id = IdOf(digest),
        Digests = [$"{repository}@{digest}"],
        Tags = tags,
        SizeBytes = 1000,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    /// <summary>A digest that is well formed: 64 times a character.</summary>
    public static string Digest(char of) => "sha256:" + new string(of, 64);

    /// <summary>Puts an image there.</summary>
    public void Add(StoredImage image)
    {
        lock (_images)
        {
            _images.RemoveAll(held => held.Id == image.Id);
            _images.Add(image);
        }
    }

    /// <summary>Takes an image away by its digest.</summary>
    public void Remove(string digest)
    {
        lock (_images)
        {
            _images.RemoveAll(held => held.Has(digest));
        }
    }

    public async Task<IReadOnlyList<StoredImage>> ListAsync(CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.ListImages, "", cancellationToken);
        return Held;
    }

    public async Task<StoredImage?> FindAsync(string reference, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.FindImage, reference, cancellationToken);
        return Get(reference);
    }

    /// <summary>What the engine itself finds under a reference.</summary>
    internal StoredImage? Get(string reference)
    {
        var image = ImageReference.Parse(reference);
        if (Held.Count == 0 && _cluster.RegistryDigests.IsEmpty)
        {
            return Image(image.Name, Digest('2'), reference);
        }

        var name = image.Digest is { } digest ? $"{image.Name}@{digest}" : reference;
        return Held.FirstOrDefault(held => held.Id == name || held.Tags.Contains(name) || held.Digests.Contains(name));
    }

    public async Task<bool> UntagAsync(string name, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.UntagImage, name, cancellationToken);
        var held = Held.FirstOrDefault(image => image.Tags.Contains(name));
        if (held is not null)
        {
            Add(held with { Tags = [.. held.Tags.Where(tag => tag != name)] });
        }

        return held is not null;
    }

    /// <summary>What was imported and is held, with the bytes that came.</summary>
    public Dictionary<string, byte[]> Imported { get; } = new(StringComparer.Ordinal);

    public async Task<string> ImportAsync(
        ImageImport import, Func<Stream, CancellationToken, Task> content, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.ImportImage, $"{import.Name} {string.Join(" | ", import.Changes)}", cancellationToken);
        using var whole = new MemoryStream();
        await content(whole, cancellationToken);
        var digest = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(whole.ToArray()));
        Add(new StoredImage { Id = IdOf(digest), Layers = [digest], SizeBytes = whole.Length, CreatedAt = DateTimeOffset.UtcNow });
        await TagAsync(IdOf(digest), import.Name.ToString(), CancellationToken.None);
        Imported[import.Name.ToString()] = whole.ToArray();
        return IdOf(digest);
    }

    public async Task<string> PushAsync(string reference, IProgress<LayerPush>? progress, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.PushImage, reference, cancellationToken);
        var held = await FindAsync(reference, cancellationToken)
            ?? throw new HpcException(
                ErrorId.ImageNotFound, $"The engine on {_node} cannot push {reference}: it does not exist locally", _node);
        var digest = "sha256:d1" + held.Id["sha256:d1".Length..];
        progress?.Report(new LayerPush("012345678901", "Pushed", 1000, 1000));
        _cluster.RegistryDigests[reference] = digest;
        Add(held with { Digests = [.. held.Digests.Append($"{ImageReference.Parse(reference).Name}@{digest}").Distinct()] });
        return digest;
    }

    public async Task<string> ResolveAsync(string reference, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.ResolveImage, reference, cancellationToken);
        return _cluster.RegistryDigests.TryGetValue(reference, out var digest) ? digest : throw Unknown(reference);
    }

    public async Task PullAsync(string reference, IProgress<PullProgress>? progress, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.PullImage, reference, cancellationToken);
        var image = ImageReference.Parse(reference);
        var known = _cluster.RegistryDigests;
        if ((image.Digest ?? known.GetValueOrDefault(reference)) is not { } digest || !known.Values.Contains(digest))
        {
            throw Unknown(reference);
        }

        progress?.Report(new PullProgress("downloading", 1000, 1000));
        lock (_images)
        {
            var pulled = _images.Find(held => held.Id == IdOf(digest)) ?? Image(image.Name, digest);
            Add(pulled with
            {
                Digests = [.. pulled.Digests.Append($"{image.Name}@{digest}").Distinct()],
                Tags = image.Digest is null ? [.. pulled.Tags.Append(reference).Distinct()] : pulled.Tags,
            });
        }
    }

    public async Task TagAsync(string image, string name, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(_node, FakeStep.TagImage, $"{image} {name}", cancellationToken);
        lock (_images)
        {
            var target = _images.Find(held => held.Id == image || held.Digests.Contains(image) || held.Tags.Contains(image))
                ?? throw new HpcException(ErrorId.ImageNotFound, $"The engine on {_node}: No such image: {image}", _node);
            foreach (var held in _images.ToArray())
            {
                Add(held with { Tags = [.. held.Tags.Where(tag => tag != name)] });
            }

            var current = _images.Single(held => held.Id == target.Id);
            Add(current with { Tags = [.. current.Tags, name] });
        }
    }

    private static string IdOf(string digest) => "sha256:1d" + digest["sha256:1d".Length..];

    private HpcException Unknown(string reference) =>
        new(ErrorId.ImageNotFound, $"The engine on {_node} cannot pull {reference}: manifest unknown", _node);
}
