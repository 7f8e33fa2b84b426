using PisaHpc.Docker;

namespace PisaHpc.Unit.Docker;

public class ImageReferenceTests
{
    [Theory]
    [InlineData("debian", "debian", "latest")]
    [InlineData("debian:12", "debian", "12")]
    [InlineData("docker.io/library/debian:12", "debian", "12")]
    [InlineData("docker.io/pisa/hpc", "pisa/hpc", "latest")]
    [InlineData("registry.lab:5000/pisa/hpc", "registry.lab:5000/pisa/hpc", "latest")]
    [InlineData("registry.lab:5000/pisa/hpc:deb12", "registry.lab:5000/pisa/hpc", "deb12")]
    [InlineData("registry.lab:5000/pisa/hpc@sha256:abc", "registry.lab:5000/pisa/hpc", "sha256:abc")]
    [InlineData("registry.lab:5000/pisa/hpc:deb12@sha256:abc", "registry.lab:5000/pisa/hpc", "sha256:abc")]
    public void A_reference_comes_apart(string text, string repository, string tag) =>
        Assert.Equal(new ImageReference(repository, tag), ImageReference.Parse(text));
}
