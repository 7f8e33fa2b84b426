using PisaHpc.Images.Import;

namespace PisaHpc.Unit.Images.Import;

public sealed class TreeExclusionsTests
{
    [Fact]
    public void Both_programs_are_told_the_same()
    {
        var exclusions = new TreeExclusions(["mnt/a*b"], ["etc/resolv.conf"], ["/var/log/lastlog", "./var/cache/*"]);
        string[] patterns = ["dev/*", @"mnt/a\*b/*", "proc/*", "sys/*", "etc/resolv.conf", "var/log/lastlog", "var/cache/*"];
        Assert.Equal(patterns.Select(pattern => $"--exclude=./{pattern}"), exclusions.ForTar().Skip(2));
        Assert.Equal(
            patterns.SelectMany<string, string>(pattern => ["-path", @"/srv/\[1\]/".Replace(@"\]", "]", StringComparison.Ordinal) + pattern, "-prune", "-o"]),
            exclusions.ForFind("/srv/[1]"));
    }

    [Fact]
    public void The_whole_machine_can_be_the_tree() =>
        Assert.Equal(["-path", "/dev/*", "-prune", "-o"], new TreeExclusions([], [], []).ForFind("/").Take(4));

    [Fact]
    public void What_goes_empty_is_known()
    {
        var exclusions = new TreeExclusions(["home"], ["etc/hosts"], ["var"]);
        Assert.Equal([true, true, false, false], new[] { "proc", "home", "etc/hosts", "var" }.Select(exclusions.IsHollow));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("./")]
    [InlineData("")]
    public void The_tree_itself_cannot_be_left_out(string pattern) =>
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => new TreeExclusions([], [], [pattern])).Id);
}
