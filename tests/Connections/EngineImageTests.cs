namespace PisaHpc.Connections;

/// <summary>The images of a lab node's engine, and what it asks the registry, over ssh.</summary>
[Trait("Category", "Connections")]
public class EngineImageTests : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData("registry.lab:5000/pisa/nonesuch:1", ErrorId.ImageNotFound)]
    [InlineData("registry.lab:5000/pisa/tiny:nonesuch", ErrorId.ImageNotFound)]
    [InlineData("10.10.13.254:1/pisa/tiny:1", ErrorId.ImagePullFailed)]
    public async Task A_failed_pull_is_an_exception(string reference, ErrorId id)
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        Assert.Equal(id, (await Assert.ThrowsAsync<HpcException>(() => engine.Images.PullAsync(reference, null, None))).Id);
    }

    [Fact]
    public async Task An_image_is_pulled_and_found_with_the_registry_s_digest()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        await engine.Images.PullAsync(Lab.Image, null, None);
        var image = (await engine.Images.FindAsync(Lab.Image, None))!;
        Assert.StartsWith("sha256:", image.Id, StringComparison.Ordinal);
        var digest = image.DigestOf("registry.lab:5000/pisa/tiny")!;
        Assert.StartsWith("sha256:", digest, StringComparison.Ordinal);
        Assert.Equal(image.Id, (await engine.Images.FindAsync($"registry.lab:5000/pisa/tiny:1@{digest}", None))!.Id);
        Assert.Null(await engine.Images.FindAsync("registry.lab:5000/pisa/nonesuch:1", None));
    }

    [Fact]
    public async Task A_name_leads_to_the_registry_s_digest_without_a_pull_and_a_held_image_takes_a_second_name()
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        var digest = await images.ResolveAsync(Lab.Image, None);
        Assert.Equal(digest, await images.ResolveAsync($"registry.lab:5000/pisa/tiny@{digest}", None));
        var held = (await images.ListAsync(None)).Single(image => image.Digests.Contains($"registry.lab:5000/pisa/tiny@{digest}"));
        Assert.Contains(Lab.Image, held.Tags);
        Assert.True(held.SizeBytes > 1 << 20, $"{held.SizeBytes} bytes are not a small Linux system.");
        Assert.InRange(held.CreatedAt, DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UtcNow.AddDays(1));

        await images.TagAsync(held.Id, "try/images/second:1", None);
        try
        {
            Assert.Contains("try/images/second:1", (await images.ListAsync(None)).Single(image => image.Id == held.Id).Tags);
        }
        finally
        {
            var node = await reach.NodeAsync();
            await node.RunAsync(["docker", "--host", "unix:///run/docker.sock", "image", "rm", "try/images/second:1"], default, None);
        }
    }

    [Theory]
    [InlineData("registry.lab:5000/pisa/nonesuch:1", ErrorId.ImageNotFound)]
    [InlineData("registry.lab:5000/pisa/tiny:nonesuch", ErrorId.ImageNotFound)]
    [InlineData("10.10.13.254:1/pisa/tiny:1", ErrorId.ImagePullFailed)]
    public async Task A_name_without_a_digest_is_an_exception(string reference, ErrorId id)
    {
        await using var reach = new Reach(Lab.Access);
        var images = (await reach.EngineAsync()).Images;
        Assert.Equal(id, (await Assert.ThrowsAsync<HpcException>(() => images.ResolveAsync(reference, None))).Id);
        var untagged = await Assert.ThrowsAsync<HpcException>(() => images.TagAsync("try/images/none:1", "try/images/second:1", None));
        Assert.Equal(ErrorId.ImageNotFound, untagged.Id);
    }
}
