using PisaHpc.Setup;

namespace PisaHpc.Unit.Setup;

public sealed class LineDiffTests
{
    [Fact]
    public void A_diff_shows_what_goes_and_what_comes()
    {
        Assert.Equal(["  a", "- b", "+ B", "  c", "+ d"], LineDiff.Of("a\nb\nc\n", "a\nB\nc\nd\n"));
        Assert.Equal(["+ a"], LineDiff.Of(null, "a\n"));
        Assert.Empty(LineDiff.Of("a\n", "a"));
    }
}
