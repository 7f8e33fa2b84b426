using PisaHpc.Engines;

namespace PisaHpc.Unit.Engines;

public sealed class ImageReferenceTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("debian", null, "debian", null, null)]
    [InlineData("debian:12", null, "debian", "12", null)]
    [InlineData("pisa/hpc:deb12", null, "pisa/hpc", "deb12", null)]
    [InlineData("registry.lab/pisa/hpc", "registry.lab", "pisa/hpc", null, null)]
    [InlineData("registry:5000/hpc:1", "registry:5000", "hpc", "1", null)]
    [InlineData("localhost/hpc:1", "localhost", "hpc", "1", null)]
    [InlineData("[::1]:5000/hpc:1", "[::1]:5000", "hpc", "1", null)]
    [InlineData("a.b/c@" + Digest, "a.b", "c", null, Digest)]
    [InlineData("c:1@" + Digest, null, "c", "1", Digest)]
    public void A_reference_is_taken_apart_and_put_together(string text, string? registry, string repository, string? tag, string? digest)
    {
        var reference = ImageReference.TryParse(text);

        Assert.NotNull(reference);
        Assert.Equal((registry, repository, tag, digest), (reference.Registry, reference.Repository, reference.Tag, reference.Digest));
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Pisa/hpc")]
    [InlineData("pisa//hpc")]
    [InlineData("/pisa")]
    [InlineData("pisa/hpc:")]
    [InlineData("pisa/hpc:a b")]
    [InlineData("hpc@sha256:12")]
    [InlineData("registry.lab/")]
    public void Other_text_is_no_reference(string text) => Assert.Null(ImageReference.TryParse(text));

    [Fact]
    public void An_id_stays_as_it_is()
    {
        var reference = ImageReference.TryParse(Digest)!;

        Assert.True(reference.IsId);
        Assert.Equal(Digest, reference.In("registry.lab").ToString());
    }

    [Theory]
    [InlineData("debian", "debian", "latest")]
    [InlineData("debian:12", "debian", "12")]
    [InlineData("docker.io/library/debian:12", "debian", "12")]
    [InlineData("docker.io/pisa/hpc", "pisa/hpc", "latest")]
    [InlineData("registry.lab:5000/pisa/hpc", "registry.lab:5000/pisa/hpc", "latest")]
    [InlineData("registry.lab:5000/pisa/hpc:deb12", "registry.lab:5000/pisa/hpc", "deb12")]
    public void A_pull_names_the_repository_as_the_engine_lists_it_and_one_version(string text, string name, string version)
    {
        var reference = ImageReference.Parse(text);

        Assert.Equal((name, version), (reference.Name, reference.Version));
    }

    [Fact]
    public void A_digest_goes_before_a_tag()
    {
        var digest = "sha256:" + new string('a', 64);

        Assert.Equal(digest, ImageReference.Parse($"registry.lab:5000/pisa/hpc:deb12@{digest}").Version);
    }
}
