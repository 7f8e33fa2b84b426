using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Images.Update;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images.Update;

public sealed class ImageUpdateRequestsTests
{
    private static readonly string A = FakeImageStore.Digest('a');

    [Fact]
    public void What_failed_is_asked_for_again_at_the_digest_of_then()
    {
        var orders = new ImageUpdateRequests();
        orders.Add(Failed("n2", "reg:5000/x:1", A));
        orders.Add(Failed("n1", "reg:5000/x:1", null));
        orders.Add(Failed("n1", "debian:12", null));
        Assert.Equal(["n2", "n1"], orders.Nodes);
        Assert.Equal(["reg:5000/x:1", "debian:12"], orders.Of("n1").Select(image => image.Name));
        var digests = new DigestResolver(orders.Images, (_, _) => { });
        orders.Settle(digests);
        Assert.Equal([A, null], orders.Images.Select(digests.Find));
    }

    [Fact]
    public void Results_of_two_updates_of_one_name_are_refused_with_both_digests()
    {
        var orders = new ImageUpdateRequests();
        orders.Add(Failed("n1", "reg:5000/x:1", A));
        var failure = Assert.Throws<HpcException>(() => orders.Add(Failed("n2", "reg:5000/x:1", FakeImageStore.Digest('b'))));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Contains(A, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_named_twice_is_one_and_an_id_is_refused()
    {
        var orders = new ImageUpdateRequests();
        orders.Add("n1", [Image("reg:5000/x:1"), Image("reg:5000/x:1")]);
        orders.Add("n1", [Image("reg:5000/x:1")]);
        Assert.Single(orders.Of("n1"));
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => orders.Add("n1", [Image(A)])).Id);
    }

    private static WantedImage Image(string reference) => new(ImageReference.Parse(reference), []);

    private static HpcImageUpdate Failed(string node, string name, string? digest) => new() { Node = node, Name = name, State = "Failed", Digest = digest };
}
