using System.Globalization;
using System.Net.Sockets;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>Images go into a real registry, and its refusals are errors.</summary>
[Collection(LabTests.Name)]
public sealed class PublishHpcImageTests : IAsyncLifetime, IDisposable
{
    private const string Publish = "param($Name, $Node) Publish-HpcImage $Name -Node $Node";
    private readonly HostedRunspace _runspace = new();
    private readonly LabFixture _lab;
    private readonly TryImages _images;
    private TryTree _tree = null!;

    public PublishHpcImageTests(LabFixture lab) => (_lab, _images) = (lab, new TryImages(lab.Nodes[1]));

    private object Parameters => new { _images.Name, Node = _images.Node.Name };

    public async Task InitializeAsync()
    {
        _tree = await TryTree.CreateAsync();
        _runspace.Run("param($Path, $Name, $Node) Import-HpcImage $Path -Name $Name -Node $Node", new { _tree.Path, _images.Name, Node = _images.Node.Name })
            .Succeeded();
    }

    public void Dispose() => _runspace.Dispose();

    public async Task DisposeAsync()
    {
        await _tree.DisposeAsync();
        await _images.DisposeAsync();
    }

    [Fact]
    public async Task The_registry_has_the_image_under_the_digest_that_is_told_and_another_node_gets_all_of_it()
    {
        dynamic published = _runspace.Run(Publish, Parameters).Single();
        Assert.True(published.Changed);
        Assert.Equal(_images.Published, published.Reference);
        Assert.Equal(await _images.RegistryDigestAsync(), published.Digest);
        Assert.Null(published.PreviousDigest);

        var other = _lab.Nodes[0];
        var reference = $"{_images.Published[..^2]}@{published.Digest}";
        (await other.DockerAsync("pull", "--quiet", reference)).EndedWith(0);
        try
        {
            var layer = (await other.DockerAsync("image", "inspect", "--format", "{{.GraphDriver.Data.UpperDir}}", reference)).EndedWith(0).Output.Trim();
            Assert.Equal(TryTree.RawCapability, TryTree.Attribute(Path.Combine(layer, "bin/tool"), "security.capability"));
            Assert.Equal(TryTree.ListForUser, TryTree.Attribute(Path.Combine(layer, "etc/motd"), "system.posix_acl_access"));
            Assert.Null(TryTree.Attribute(Path.Combine(layer, "lists/secret"), "system.posix_acl_access"));
            Assert.Equal(await File.ReadAllBytesAsync(_tree.Of("sparse")), await File.ReadAllBytesAsync(Path.Combine(layer, "sparse")));
        }
        finally
        {
            (await other.DockerAsync("image", "rm", reference)).EndedWith(0);
        }
    }

    [Fact]
    public async Task What_is_there_already_is_success_with_the_same_digest_and_no_push()
    {
        dynamic first = _runspace.Run(Publish, Parameters).Single();
        var again = _runspace.Run(Publish, Parameters);
        dynamic second = again.Single();
        Assert.Equal((false, first.Digest, first.Digest), (second.Changed, second.Digest, second.PreviousDigest));
        Assert.DoesNotContain(again.Progress, record => record.ActivityId > 1);

        // A new image under the name is a new digest, and the old one is told.
        await File.AppendAllTextAsync(_tree.Of("etc/motd"), "more\n");
        dynamic third = _runspace.Run(
            "param($Path, $Name, $Node) Import-HpcImage $Path -Name $Name -Node $Node | Publish-HpcImage",
            new { _tree.Path, _images.Name, Node = _images.Node.Name }).Single();
        Assert.Equal((true, first.Digest, _images.Node.Name), (third.Changed, third.PreviousDigest, third.Node));
        Assert.Equal(await _images.RegistryDigestAsync(), third.Digest);
    }

    [Fact]
    public async Task A_registry_that_takes_no_pushes_is_told_in_its_own_words_and_the_tag_goes_again()
    {
        await using var registry = await ReadOnlyRegistry.StartAsync(_images.Node);
        var run = _runspace.Run(
            "param($Name, $Node, $Registry) Publish-HpcImage $Name -Node $Node -Registry $Registry",
            new { _images.Name, Node = _images.Node.Name, Registry = registry.Name });
        var failure = run.Failed("ImagePushFailed");
        Assert.Equal(_images.Node.Name, failure.TargetObject);
        Assert.Contains(registry.Name, failure.ToString(), StringComparison.Ordinal);
        Assert.Null(await _images.InspectAsync("{{.Id}}", $"{registry.Name}/{_images.Name}"));
        Assert.NotNull(await _images.InspectAsync("{{.Id}}"));
    }

    [Theory]
    [InlineData("{0} -Registry 127.0.0.1:1", "RegistryUnreachable")]
    [InlineData("{0} -Registry no-such-registry.invalid:5000", "RegistryUnreachable")]
    [InlineData("try/imports/none:1", "ImageNotFound")]
    [InlineData("'Pisa/HPC:1'", "InvalidValue")]
    public async Task What_cannot_be_published_has_its_id_and_leaves_no_tag(string arguments, string id)
    {
        var before = await _images.Node.DockerAsync("image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
        var line = "Publish-HpcImage " + string.Format(CultureInfo.InvariantCulture, arguments, _images.Name) + $" -Node {_images.Node.Name}";
        Assert.Equal(id, Assert.Single(_runspace.Run(line).ErrorIds));
        var after = await _images.Node.DockerAsync("image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
        Assert.Equal(before.Lines.Where(IsMine), after.Lines.Where(IsMine));

        bool IsMine(string text) => text.Contains(_images.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIf_says_what_would_be_pushed_and_pushes_nothing()
    {
        dynamic predicted = _runspace.Run(Publish + " -WhatIf -PassThru", Parameters).Single();
        Assert.True(predicted.Changed);
        Assert.Null(predicted.Digest);
        Assert.Null(await _images.RegistryDigestAsync());
        Assert.Null(await _images.InspectAsync("{{.Id}}", _images.Published));
    }

    [Fact]
    public void Progress_has_a_bar_for_each_layer()
    {
        var progress = _runspace.Run(Publish, Parameters).Progress;
        Assert.Contains(progress, record => record.ParentActivityId == 1 && record.StatusDescription.StartsWith("Push", StringComparison.Ordinal));
        Assert.All(
            progress.GroupBy(record => record.ActivityId),
            bar => Assert.Equal(System.Management.Automation.ProgressRecordType.Completed, bar.Last().RecordType));
    }
}

/// <summary>A registry in maintenance, on a node's own loopback, which its engine trusts without TLS.</summary>
internal sealed class ReadOnlyRegistry(RunningProcess process, string directory, int port) : IAsyncDisposable
{
    /// <summary>Its name on the node.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    public static async Task<ReadOnlyRegistry> StartAsync(LabNode node)
    {
        var directory = Directory.CreateTempSubdirectory("pisahpc-registry-").FullName;
        var port = FreePort();
        var settings = Path.Combine(directory, "settings.yml");
        await File.WriteAllTextAsync(
            settings,
            $$"""
            version: 0.1
            log: { level: info }
            storage: { filesystem: { rootdirectory: '{{directory}}' }, maintenance: { readonly: { enabled: true } } }
            http: { addr: '127.0.0.1:{{port}}' }
            """);
        var process = RunningProcess.Start("nsenter", [$"--target={node.Init}", "--net", "--", "docker-registry", "serve", settings]);
        await process.SaysAsync("listening on");
        return new ReadOnlyRegistry(process, directory, port);
    }

    public async ValueTask DisposeAsync()
    {
        await process.SignalAsync("TERM");
        await process.EndAsync();
        process.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
