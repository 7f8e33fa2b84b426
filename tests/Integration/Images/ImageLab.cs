using System.Security.Cryptography;
using System.Text.Json;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>
/// Sixteen nodes of the lab and a registry of their own, with images of random layers under <c>try/images/</c>. What the nodes hold is read
/// from their engines here, not through the module.
/// </summary>
public sealed class ImageLab : IAsyncLifetime
{
    /// <summary>How many nodes it takes.</summary>
    public const int Count = 16;

    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-images-").FullName;

    // An image that was given from node to node, and whose pull failed, has no name to find it by.
    private readonly string _mark = $"pisahpc.test.images={Guid.NewGuid():N}";
    private ThrowAwayRegistry? _registry;
    private LabFixture? _lab;

    /// <summary>The registry.</summary>
    public ThrowAwayRegistry Registry => _registry!;

    /// <summary>The nodes.</summary>
    public IReadOnlyList<LabNode> Nodes => [.. _lab!.Nodes.Take(Count)];

    /// <summary>The nodes as a host list.</summary>
    public string NodeList => string.Join(',', Nodes.Select(node => node.Name));

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        _lab = await LabFixture.WithNodesAsync(Count);
        _registry = await ThrowAwayRegistry.StartAsync(Nodes, "50mbit");
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        try
        {
            await Task.WhenAll(Nodes.Select(RemoveImagesAsync));
        }
        finally
        {
            await Registry.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }
    }

    /// <summary>A site definition like the lab's, with this registry, whose only environment wants an image.</summary>
    public string SiteFor(string image) => LabSite.Of(_lab!)
        .ReplacingEach("(?m)^registry:.*$", $"registry: {Registry.Name}")
        .ReplacingEach("(?ms)^environments:.*", $"environments:\n  try: {{ image: {image} }}\n")
        .WriteTo(Path.Combine(_directory, $"{Guid.NewGuid():N}.yaml"));

    /// <summary>Makes an image of random layers on a node and pushes it; the node has again what it had under that name.</summary>
    /// <returns>The registry's digest.</returns>
    public async Task<string> PublishAsync(string image, int layers, int megabytes)
    {
        var context = Directory.CreateDirectory(Path.Combine(_directory, Guid.NewGuid().ToString("N"))).FullName;
        var names = Enumerable.Range(0, layers).Select(i => $"layer{i}").ToList();
        foreach (var name in names)
        {
            await File.WriteAllBytesAsync(Path.Combine(context, name), RandomNumberGenerator.GetBytes(megabytes << 20));
        }

        await File.WriteAllTextAsync(Path.Combine(context, "Dockerfile"), string.Join('\n', names.Select(name => $"COPY {name} /").Prepend($"LABEL {_mark}").Prepend("FROM scratch")));
        var (node, reference) = (Nodes[^1], $"{Registry.Name}/{image}");
        var before = await node.DockerAsync("image", "inspect", "--format", "{{.Id}}", reference);
        (await node.DockerAsync("build", "--quiet", "--force-rm", "--tag", reference, context)).EndedWith(0);
        (await node.DockerAsync("push", "--quiet", reference)).EndedWith(0);
        var digests = (await node.DockerAsync("image", "inspect", "--format", "{{json .RepoDigests}}", reference)).EndedWith(0).Output;
        var made = (await node.DockerAsync("image", "inspect", "--format", "{{.Id}}", reference)).EndedWith(0).Output.Trim();
        (await node.DockerAsync("image", "rm", "--force", made)).EndedWith(0);
        if (before.ExitCode == 0)
        {
            (await node.DockerAsync("tag", before.Output.Trim(), reference)).EndedWith(0);
        }

        Directory.Delete(context, recursive: true);
        return JsonSerializer.Deserialize<string[]>(digests)!.Single(digest => digest.StartsWith(Registry.Name, StringComparison.Ordinal)).Split('@')[1];
    }

    /// <summary>Puts an image on a node by a pull of docker's own.</summary>
    public async Task PullAsync(LabNode node, string image) => (await node.DockerAsync("pull", "--quiet", $"{Registry.Name}/{image}")).EndedWith(0);

    /// <summary>The digest that a name leads to on each node; null where there is no such name.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> HeldAsync(string image)
    {
        var held = await Task.WhenAll(Nodes.Select(async node =>
        {
            var listed = await node.DockerAsync("image", "inspect", "--format", "{{join .RepoDigests \" \"}}", $"{Registry.Name}/{image}");
            var digest = listed.ExitCode == 0 ? listed.Output.Trim().Split(' ').Single(name => name.StartsWith(Registry.Name, StringComparison.Ordinal)).Split('@')[1] : null;
            return (node.Name, Digest: digest);
        }));
        return held.ToDictionary(node => node.Name, node => node.Digest);
    }

    private async Task RemoveImagesAsync(LabNode node)
    {
        var listed = await node.DockerAsync("image", "ls", "--quiet", "--no-trunc", "--filter", $"label={_mark}");
        var ids = listed.EndedWith(0).Lines.Where(line => line.Length > 0).Distinct().ToArray();
        if (ids.Length > 0)
        {
            (await node.DockerAsync(["image", "rm", "--force", .. ids])).EndedWith(0);
        }
    }
}
