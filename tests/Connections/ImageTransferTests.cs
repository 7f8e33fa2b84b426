using System.Formats.Tar;
using PisaHpc.Engines;
using static PisaHpc.Connections.Lab;

namespace PisaHpc.Connections;

/// <summary>Tars into a real engine, and images out of it into a real registry.</summary>

public sealed class ImageTransferTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ImageReference Name = ImageReference.Parse("registry.lab:5000/try/imports/transfer:1");

    [Fact]
    public async Task A_tar_becomes_an_image_and_goes_to_the_registry()
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        try
        {
            var import = new ImageImport(Name, ["CMD [\"/bin/sh\"]", "LABEL a=\"b c\""]);
            var id = await images.ImportAsync(import, (stream, _) => WriteAsync(stream, "etc/motd"), None);
            var held = (await images.FindAsync(Name.ToString(), None))!;
            Assert.Equal((id, "b c"), (held.Id, held.Labels["a"]));
            Assert.StartsWith("sha256:", Assert.Single(held.Layers), StringComparison.Ordinal);
            Assert.Empty(held.Digests);

            var seen = new List<LayerPush>();
            var digest = await images.PushAsync(Name.ToString(), new Seen(seen), None);
            Assert.Equal(digest, await images.ResolveAsync(Name.ToString(), None));
            Assert.Contains(seen, layer => layer.Done);
            Assert.Contains($"{Name.Name}@{digest}", (await images.FindAsync(id, None))!.Digests);
        }
        finally
        {
            await RemoveAsync(reach);
        }
    }

    [Fact]
    public async Task What_the_content_throws_is_thrown_and_no_image_is_made()
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        var failure = new HpcException(ErrorId.ImageSourceUnreadable, "The tree went away.");
        var thrown = await Assert.ThrowsAsync<HpcException>(() => images.ImportAsync(new ImageImport(Name, []), FailAsync, None));
        Assert.Same(failure, thrown);
        Assert.Null(await images.FindAsync(Name.ToString(), None));

        async Task FailAsync(Stream stream, CancellationToken stopping)
        {
            await WriteAsync(stream, "etc/motd");
            throw failure;
        }
    }

    [Fact]
    public async Task A_cancelled_import_leaves_the_name_as_it_was()
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        using var stop = new CancellationTokenSource();
        var importing = images.ImportAsync(new ImageImport(Name, []), LeaveAsync, stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => importing);
        Assert.Null(await images.FindAsync(Name.ToString(), None));

        async Task LeaveAsync(Stream stream, CancellationToken stopping)
        {
            await WriteAsync(stream, "etc/motd");
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, stopping);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(200 << 20)]
    public async Task What_is_no_tar_is_refused_with_the_engine_s_words_however_much_of_it_is_still_to_come(int length)
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        var failure = await Assert.ThrowsAsync<HpcException>(() => images.ImportAsync(new ImageImport(Name, []), GarbageAsync, None));
        Assert.Equal(ErrorId.ImageSourceInvalid, failure.Id);
        Assert.Null(await images.FindAsync(Name.ToString(), None));

        async Task GarbageAsync(Stream stream, CancellationToken stopping)
        {
            var block = new byte[Math.Min(length, 1 << 16)];
            Array.Fill(block, (byte)'x');
            for (var sent = 0; sent < length; sent += block.Length)
            {
                await stream.WriteAsync(block, stopping);
            }
        }
    }

    [Fact]
    public async Task An_instruction_that_the_engine_does_not_know_is_refused()
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        var import = new ImageImport(Name, ["COPY a b"]);
        var failure = await Assert.ThrowsAsync<HpcException>(() => images.ImportAsync(import, (stream, _) => WriteAsync(stream, "etc/motd"), None));
        Assert.Equal(ErrorId.ImageImportFailed, failure.Id);
        Assert.Contains("copy", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("10.10.13.254:1/pisa/tiny:1", ErrorId.RegistryUnreachable)]
    [InlineData("nonesuch.invalid:5000/pisa/tiny:1", ErrorId.RegistryUnreachable)]
    public async Task A_registry_that_does_not_answer_is_told(string reference, ErrorId id)
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        await images.TagAsync(Image, reference, None);
        try
        {
            Assert.Equal(id, (await Assert.ThrowsAsync<HpcException>(() => images.PushAsync(reference, null, None))).Id);
        }
        finally
        {
            await RemoveAsync(reach, reference);
        }
    }

    [Fact]
    public async Task An_image_that_the_node_does_not_hold_cannot_be_pushed()
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        Assert.Equal(
            ErrorId.ImageNotFound,
            (await Assert.ThrowsAsync<HpcException>(() => images.PushAsync("registry.lab:5000/try/imports/none:1", null, None))).Id);
    }

    private static async Task WriteAsync(Stream stream, string name)
    {
        await using var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
        using var data = new MemoryStream(new byte[1 << 20]);
        await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
    }

    private static async Task RemoveAsync(Reach reach, string? reference = null)
    {
        var node = await reach.NodeAsync();
        await node.RunAsync(["docker", "--host", "unix:///run/docker.sock", "image", "rm", reference ?? Name.ToString()], default, None);
    }

    private sealed class Seen(List<LayerPush> layers) : IProgress<LayerPush>
    {
        public void Report(LayerPush value) => layers.Add(value);
    }
}
