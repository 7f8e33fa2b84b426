using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images;

public sealed class NodeImagesTests
{
    private static readonly (string A, string B) Digests = (FakeImageStore.Digest('a'), FakeImageStore.Digest('b'));
    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task A_name_is_current_outdated_missing_or_unknown()
    {
        _cluster.RegistryDigests["reg:5000/x:1"] = Digests.A;
        _cluster.RegistryDigests["reg:5000/y:1"] = Digests.B;
        var digests = new DigestResolver(
            [Wanted("reg:5000/x:1"), Wanted("reg:5000/y:1"), Wanted("reg:5000/z:1"), Wanted("reg:5000/gone:1")], (_, _) => { });
        await digests.ResolveAsync(_cluster.EngineOf("n1").Store, TimeSpan.FromMinutes(1), CancellationToken.None);
        StoredImage[] held =
        [
            FakeImageStore.Image("reg:5000/x", Digests.A, "reg:5000/x:1", "x:1"),
            FakeImageStore.Image("reg:5000/y", FakeImageStore.Digest('c'), "reg:5000/y:1"),
            FakeImageStore.Image("reg:5000/z", FakeImageStore.Digest('d'), "reg:5000/z:1"),
        ];

        var rows = NodeImages.Wanted("n1", held, digests).ToList();
        Assert.Equal(["Current", "Outdated", "Unknown", "Missing"], rows.Select(row => row.State));
        Assert.Equal([Digests.A, FakeImageStore.Digest('c'), FakeImageStore.Digest('d'), null], rows.Select(row => row.Digest));
        Assert.Equal([Digests.A, Digests.B, null, null], rows.Select(row => row.WantedDigest));
        Assert.Null(rows[3].SizeBytes);

        var other = Assert.Single(NodeImages.Other("n1", held, digests.Wanted));
        Assert.Equal(("x:1", "Other", Digests.A), (other.Name, other.State, other.Digest));
    }

    [Fact]
    public void An_image_without_a_name_is_listed_by_its_digest_and_one_without_that_by_its_id()
    {
        var nameless = FakeImageStore.Image("reg:5000/x", Digests.A);
        var own = nameless with { Id = "sha256:own", Digests = [] };
        Assert.Equal([($"reg:5000/x@{Digests.A}", Digests.A), ("sha256:own", null)], NodeImages.Other("n1", [nameless, own], []).Select(
            row => (row.Name, row.Digest)));
    }

    [Fact]
    public async Task An_image_that_several_manifests_lead_to_is_current_by_any_of_them()
    {
        _cluster.RegistryDigests["reg:5000/x:1"] = Digests.B;
        var digests = new DigestResolver([Wanted("reg:5000/x:1")], (_, _) => { });
        await digests.ResolveAsync(_cluster.EngineOf("n1").Store, TimeSpan.FromMinutes(1), CancellationToken.None);
        var held = FakeImageStore.Image("reg:5000/x", Digests.A, "reg:5000/x:1") with
        {
            Digests = [$"reg:5000/x@{Digests.A}", $"reg:5000/x@{Digests.B}"],
        };
        var row = Assert.Single(NodeImages.Wanted("n1", [held], digests));
        Assert.Equal(("Current", Digests.B), (row.State, row.Digest));
    }

    private static WantedImage Wanted(string reference) => new(ImageReference.Parse(reference), ["env"]);
}
