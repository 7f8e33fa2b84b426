using PisaHpc.BatchHooks.Slurm;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>slurm.conf(5) is read as Slurm reads it (src/common/parse_config.c).</summary>
public sealed class SlurmConfFileTests
{
    [Theory]
    [InlineData("Prolog=/a\n", "Prolog=/a")]
    [InlineData("Prolog=/a", "Prolog=/a")]
    [InlineData("  prolog = /a  # the site's\n", "prolog=/a")]
    [InlineData("Prolog=\"/a b\"\n", "Prolog=/a b")]
    [InlineData("Prolog=\"/a # b\n", "Prolog=\"/a")]
    [InlineData("#Prolog=/a\n# Epilog=/b \\\nKillWait=5\n", "KillWait=5")]
    [InlineData("Prolog=/a\r\nKillWait=5\r\n", "Prolog=/a|KillWait=5")]
    [InlineData("LaunchParameters=a,\\\nb,\\ \n  c\n", "LaunchParameters=a,b,")]
    [InlineData("LaunchParameters=a,\\\nb\nKillWait=5\n", "LaunchParameters=a,b|KillWait=5")]
    [InlineData("LaunchParameters=a,\\ # said later\nb\n", "LaunchParameters=a,b")]
    [InlineData("NodeName=a Prolog=/b CPUs=4\n", "NodeName=a")]
    [InlineData("PrologFlags+=X11\n", "PrologFlags=X11")]
    [InlineData("\n   \n\t\n", "")]
    [InlineData("SlurmctldParameters=a\\#b\n", "SlurmctldParameters=a\\#b")]
    public void A_logical_line_is_a_key_and_its_value(string text, string expected)
    {
        if (text.Contains(",\\ \n", StringComparison.Ordinal))
        {
            // What continues is joined with its blanks: Slurm finds a word left over, and so do we.
            Assert.Throws<HpcException>(() => new SlurmConfFile("/c", text).Lines());
            return;
        }

        Assert.Equal(expected, string.Join('|', new SlurmConfFile("/c", text).Lines().Select(line => $"{line.Key}={line.Value}")));
    }

    [Theory]
    [InlineData("KillWait=5\nProlog=/a Epilog=/b\n", 2, "'Epilog=/b' is left over after Prolog")]
    [InlineData("KillWait=5\n\nProlog\n", 3, "'Prolog' is neither KEY=VALUE nor an Include.")]
    [InlineData("# x\n  Include other\n", 2, "neither KEY=VALUE nor an Include")]
    [InlineData("KillWait=5\nProlog=/a \\\n", 2, "ends with a line that is to be continued")]
    [InlineData("A=1,\\\nB=2,\\\n3 x\n", 1, "'x' is left over after A")]
    public void A_line_that_is_not_understood_is_named(string text, int line, string words)
    {
        var failure = Assert.Throws<HpcException>(() => new SlurmConfFile("/c", text).Lines());
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.StartsWith($"/c, line {line}: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Includes_are_read_where_they_stand_relative_to_their_file_and_with_the_clusters_name()
    {
        var read = await SlurmConf.ReadAsync(
            "ClusterName=Alpha\nA=1\ninclude %c/more.conf # here\nA=3\n",
            ("/etc/slurm/alpha/more.conf", "A=2\nInclude deeper.conf\n"), ("/etc/slurm/alpha/deeper.conf", "B=1\n"));
        Assert.Equal(["Alpha", "1", "2", "1", "3"], read.Lines.Select(line => line.Value));
        Assert.Equal(["1", "2", "3"], read.All("a").Select(line => line.Value));
    }

    [Theory]
    [InlineData("Include missing.conf\n", "line 1: /etc/slurm/missing.conf, which it includes, is not there.")]
    [InlineData("A=1\nInclude %c.conf\n", "line 2: %c stands for ClusterName, which no line above it sets.")]
    [InlineData("A=1\nInclude slurm.conf\n", "line 2: /etc/slurm/slurm.conf is included already")]
    public async Task An_include_that_leads_nowhere_is_named(string text, string words)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => SlurmConf.ReadAsync(text));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }
}
