using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>Images of a test under names of its own, on one node of the lab, in its registry, and gone at the end.</summary>
public sealed class TryImages(LabNode node) : IAsyncDisposable
{
    private const string Registry = "registry.lab:5000";
    private readonly string _repository = $"try/imports/{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    private readonly string _site = Path.GetTempFileName();

    /// <summary>The node.</summary>
    public LabNode Node => node;

    /// <summary>A name.</summary>
    public string Name => $"{_repository}:1";

    /// <summary>The same in the lab's registry.</summary>
    public string Published => $"{Registry}/{Name}";

    /// <summary>A site definition for which the node's engine is this machine's own.</summary>
    public string LocalSite
    {
        get
        {
            File.WriteAllText(_site, $"registry: {Registry}\nnodes: {{ engineSocket: {node.Engine} }}\n");
            return _site;
        }
    }

    /// <summary>What the engine tells of a name; null when it has no such image.</summary>
    public async Task<string?> InspectAsync(string format, string? name = null)
    {
        var answer = await node.DockerAsync("image", "inspect", "--format", format, name ?? Name);
        return answer.ExitCode == 0 ? answer.Output.Trim() : null;
    }

    /// <summary>The digest that the registry itself gives a tag; null when it has none.</summary>
    public async Task<string?> RegistryDigestAsync()
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Head, $"http://{Registry}/v2/{_repository}/manifests/1");
        request.Headers.Accept.ParseAdd("application/vnd.docker.distribution.manifest.v2+json");
        using var answer = await client.SendAsync(request);
        return answer.Headers.TryGetValues("Docker-Content-Digest", out var digests) ? digests.Single() : null;
    }

    /// <summary>How many images, named or not, the engine has of a source.</summary>
    public async Task<int> CountAsync(string source)
    {
        var all = await node.DockerAsync("image", "ls", "--all", "--quiet", "--filter", $"label=pisahpc.image.source={source}");
        return all.EndedWith(0).Lines.Count(line => line.Length > 0);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        File.Delete(_site);
        if (await RegistryDigestAsync() is { } digest)
        {
            using var client = new HttpClient();
            (await client.DeleteAsync(new Uri($"http://{Registry}/v2/{_repository}/manifests/{digest}"))).Dispose();
        }

        var listed = await node.DockerAsync("image", "ls", "--quiet", "--no-trunc", "--filter", $"reference={_repository}");
        var published = await node.DockerAsync("image", "ls", "--quiet", "--no-trunc", "--filter", $"reference={Registry}/{_repository}");
        foreach (var id in listed.Lines.Concat(published.Lines).Distinct().Where(id => id.Length > 0))
        {
            await node.DockerAsync("image", "rm", "--force", id);
        }

        await node.DockerAsync("image", "prune", "--force", "--filter", "label=pisahpc.image.host=" + Environment.MachineName.ToLower(CultureInfo.InvariantCulture));
    }
}
