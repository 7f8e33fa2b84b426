using PisaHpc.Engines;
using PisaHpc.Images;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images;

public sealed class WantedImagesTests
{
    private static readonly string A = FakeImageStore.Digest('a');

    [Fact]
    public void Environments_of_one_image_want_it_together_and_a_queues_image_counts_where_an_environment_has_none()
    {
        var site = new HpcSite
        {
            Registry = "reg:5000",
            Defaults = EnvironmentLayer.Empty with { Image = Setting.Of("pisa/base:1") },
            Environments = new Dictionary<string, EnvironmentLayer>
            {
                ["openmpi"] = EnvironmentLayer.Empty with { Image = Setting.Of("pisa/hpc:deb12") },
                ["mpich"] = EnvironmentLayer.Empty with { Image = Setting.Of("pisa/hpc:deb12") },
                ["plain"] = EnvironmentLayer.Empty,
            },
            Queues = new Dictionary<string, QueueDefinition>
            {
                ["gpu"] = new("gpu", null, EnvironmentLayer.Empty with { Image = Setting.Of("pisa/gpu:1") }),
                ["hpc"] = new("hpc", "mpich", EnvironmentLayer.Empty),
            },
        };
        var wanted = WantedImages.Of(site, site.Environments.Keys);
        Assert.Equal(
            [("reg:5000/pisa/hpc:deb12", "openmpi mpich"), ("reg:5000/pisa/base:1", "plain"), ("reg:5000/pisa/gpu:1", "plain")],
            wanted.Select(image => (image.Name, string.Join(' ', image.Environments))));
        Assert.Equal(["openmpi", "mpich"], WantedImages.Named(site, "pisa/hpc:deb12").Environments);
        Assert.Equal("other:1/x:latest", WantedImages.Named(site, "other:1/x").Name);
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => WantedImages.Named(site, "UPPER CASE")).Id);
    }

    [Theory]
    [InlineData("reg:5000/x:1", "reg:5000/x:1")]
    [InlineData("reg:5000/x", "reg:5000/x:latest")]
    [InlineData("docker.io/library/debian:12", "debian:12")]
    public void A_tag_is_what_the_engine_lists(string reference, string tag) => Assert.Equal(tag, Wanted(reference).Tag);

    [Fact]
    public void An_image_wanted_by_digest_or_id_is_held_under_any_name()
    {
        var held = FakeImageStore.Image("reg:5000/x", A, "other:1");
        Assert.Same(held, Wanted($"reg:5000/x@{A}").NamedIn([held]));
        Assert.Same(held, Wanted(held.Id).NamedIn([held]));
        Assert.Null(Wanted("reg:5000/x:1").NamedIn([held]));
        Assert.Null(Wanted($"reg:5000/x@{A}").Tag);
    }

    private static WantedImage Wanted(string reference) => new(ImageReference.Parse(reference), []);
}
