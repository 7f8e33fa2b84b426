using PisaHpc.Module.Base;
using PisaHpc.Module.Commands;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Commands;

/// <summary>-Mount reads what the site definition reads.</summary>
public sealed class MountParameterTests
{
    public static TheoryData<string, MountDefinition> Mounts => new()
    {
        { "/cvmfs/", new MountDefinition { Source = "/cvmfs", Target = "/cvmfs" } },
        { "/a/:/b//:ro,rslave", new MountDefinition { Source = "/a", Target = "/b", ReadOnly = true, Propagation = "rslave" } },
        { "/a:/b:rw", new MountDefinition { Source = "/a", Target = "/b" } },
    };

    [Theory]
    [MemberData(nameof(Mounts))]
    public void A_mount_in_one_word(string text, MountDefinition mount) =>
        Assert.Equal(mount, Assert.Single(LayerOf(text).Mounts!.Items).Value);

    [Theory]
    [InlineData("/a:/")]
    [InlineData("/")]
    [InlineData("/a:/b/../..")]
    [InlineData("/a:/b:none")]
    [InlineData("a:/b")]
    [InlineData("/a:/b:ro:x")]
    [InlineData("")]
    public void What_is_no_mount_is_refused_with_its_text(string text)
    {
        var failure = Assert.Throws<HpcException>(() => LayerOf(text));
        Assert.Equal((ErrorId.InvalidValue, text), (failure.Id, failure.Target));
    }

    private static EnvironmentLayer LayerOf(string mount) => ParameterLayer.From(new StartHpcJobCommand { Mount = [mount] });
}
