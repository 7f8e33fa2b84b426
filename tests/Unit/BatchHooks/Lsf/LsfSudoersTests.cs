using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.Lsf;

namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>What becomes of a node's lsf.sudoers, and what is shown of that.</summary>
public sealed class LsfSudoersTests
{
    [Theory]
    [InlineData("LSF_EEXEC_USER=root\n", "600 0", "LSF_EEXEC_USER=root\n# PisaHpc: begin ")]
    [InlineData(null, null, "# PisaHpc: begin ")]
    [InlineData("LSB_PRE_POST_EXEC_USER=root\n", "600 0", "LSB_PRE_POST_EXEC_USER=root\n")]
    public void The_user_is_joined_where_nobody_is_named_and_taken_out_byte_by_byte(string? text, string? standing, string start)
    {
        var joined = Sudoers(text, standing).Joined("n01", [], isForced: false);
        Assert.StartsWith(start, joined.After, StringComparison.Ordinal);
        Assert.Equal("root", Sudoers(joined.After, "600 0").User);
        Assert.False(Sudoers(joined.After, "600 0").Joined("n01", [], isForced: false).Changes);
        Assert.Equal(text, Sudoers(joined.After, "600 0").Left().After);
    }

    [Theory]
    [InlineData("LSB_PRE_POST_EXEC_USER=lsfadmin\n", "600 0", "says LSB_PRE_POST_EXEC_USER=lsfadmin")]
    [InlineData("LSF_EEXEC_USER=root\n", "644 0", "has mode and owner 644 0, so that LSF ignores it")]
    public void What_the_site_says_otherwise_is_refused(string text, string standing, string words)
    {
        var failure = Assert.Throws<HpcException>(() => Sudoers(text, standing).Joined("n01", [], isForced: false));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/site/pre", false, "would run the site's own pre- and post-executions as root")]
    [InlineData("/site/pre", true, null)]
    [InlineData("$USER_PREEXEC", false, "would run users' programs as root")]
    [InlineData("${user_preexec}", true, "would run users' programs as root")]
    public void What_would_begin_to_run_as_root_is_refused_and_what_a_user_names_always(string called, bool isForced, string? words)
    {
        LsfCall[] calls = [new("/lsf/lsb.queues:7", $"PRE_EXEC = {called}")];
        Assert.False(Sudoers("LSB_PRE_POST_EXEC_USER=root\n", "600 0").Joined("n01", calls, isForced: false).Changes);
        TextChange Join() => Sudoers(text: null, standing: null).Joined("n01", calls, isForced);
        if (words is null)
        {
            Assert.True(Join().Changes);
            return;
        }

        var failure = Assert.Throws<HpcException>(Join);
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.StartsWith($"n01 {words}", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"/lsf/lsb.queues:7: PRE_EXEC = {called}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LSF_EAUTH_KEY=secret")]
    [InlineData("LSF_EAUTH_KEY=secret\n")]
    [InlineData("A=1\r\nLSF_EAUTH_KEY=secret")]
    public void What_is_shown_of_a_change_has_no_line_of_the_sites_since_others_may_not_read_them(string text)
    {
        var joined = Sudoers(text, "600 0").Joined("n01", [], isForced: false);
        Assert.Equal(["--- /etc/lsf.sudoers", "+ LSB_PRE_POST_EXEC_USER=root"], joined.Diff());
        var left = Sudoers(joined.After, "600 0").Left();
        Assert.Equal(["--- /etc/lsf.sudoers", "- LSB_PRE_POST_EXEC_USER=root"], left.Diff());
        Assert.Equal(text, left.After);
    }

    private static LsfSudoers Sudoers(string? text, string? standing) =>
        new(new TextChange(LsfSudoers.File, text, text) { Mode = "600" }, standing);
}
