using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.HTCondor;
using PisaHpc.Unit.BatchHooks.Lsf;

namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>What becomes of a node's configuration, and what the site has that stays.</summary>
public sealed class HTCondorLinesTests
{
    private static readonly TextChange None = new("/etc/condor/config.d/90-pisahpc.conf", null, null);

    [Fact]
    public void A_file_of_ours_has_hooks_wrapper_and_the_attributes_that_the_startd_is_to_show_and_goes_whole()
    {
        var joined = Joined(CondorNode.Of());
        Assert.Contains("\nSTARTER_DEFAULT_JOB_HOOK_KEYWORD = PISAHPC\n", joined.After, StringComparison.Ordinal);
        Assert.Contains("\nPISAHPC_HOOK_JOB_EXIT_TIMEOUT = 110\n", joined.After, StringComparison.Ordinal);
        Assert.Contains("\nUSER_JOB_WRAPPER = /usr/lib/pisahpc/htcondor-job\n", joined.After, StringComparison.Ordinal);
        Assert.Contains(
            "\nSTARTD_JOB_ATTRS = $(STARTD_JOB_ATTRS) Owner OsUser NumJobStarts PisaHpcEnvironment\n", joined.After,
            StringComparison.Ordinal);
        var standing = None with { Before = joined.After, After = joined.After };
        Assert.False(Joined(CondorNode.Fit, standing).Changes);
        Assert.Null(MarkedBlock.Left(standing).After);
    }

    [Theory]
    [InlineData("STARTER_JOB_HOOK_KEYWORD", "SITE", "STARTER_JOB_HOOK_KEYWORD = SITE", false)]
    [InlineData("STARTER_JOB_HOOK_KEYWORD", "SITE", "STARTER_JOB_HOOK_KEYWORD = SITE", true)]
    [InlineData("STARTER_DEFAULT_JOB_HOOK_KEYWORD", "SITE", "a job has one keyword's hooks", false)]
    [InlineData("USER_JOB_WRAPPER", "/site/wrapper", "USER_JOB_WRAPPER = /site/wrapper, which stays", true)]
    public void What_the_site_has_stays_and_is_named_with_what_to_do(string name, string value, string words, bool isForced)
    {
        var failure = Assert.Throws<HpcException>(() => Joined(CondorNode.Of((name, value)), isForced: isForced));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.RecommendedAction);
    }

    [Fact]
    public void A_default_of_the_sites_stays_by_force_and_a_wrapper_that_ends_with_ours_in_its_place()
    {
        var forced = Joined(CondorNode.Of(("STARTER_DEFAULT_JOB_HOOK_KEYWORD", "SITE")), isForced: true);
        Assert.DoesNotContain("STARTER_DEFAULT_JOB_HOOK_KEYWORD", forced.After, StringComparison.Ordinal);
        var wrapped = Joined(CondorNode.Of(("USER_JOB_WRAPPER", "/site/wrapper"), ("wraps", "/site/wrapper")));
        Assert.DoesNotContain("USER_JOB_WRAPPER", wrapped.After, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_has_lost_its_HTCondor_still_says_where_the_lines_are()
    {
        Assert.Equal("/etc/condor/config.d/90-pisahpc.conf", HTCondorLines.FileOn(CondorNode.Of()));
        var bare = CondorNode.Fit with { Facts = new Dictionary<string, string> { ["lines"] = "/opt/condor/90-pisahpc.conf" } };
        Assert.Equal("/opt/condor/90-pisahpc.conf", HTCondorLines.FileOn(bare));
        Assert.Null(HTCondorLines.FileOn(bare with { Facts = new Dictionary<string, string>() }));
        Assert.Contains(
            "lines /etc/condor/config.d/90-pisahpc.conf\n",
            System.Text.Encoding.UTF8.GetString(HTCondorHooks.OfNode(LsfSite.Site, TimeSpan.Zero, CondorNode.Fit)[0].Content.Span),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("/opt/condor/etc/condor_config", "\nconfig /opt/condor/etc/condor_config\n")]
    public void Roots_program_is_told_whose_HTCondors_files_are_and_where_its_configuration_is(string? config, string line)
    {
        var settings = System.Text.Encoding.UTF8.GetString(
            HTCondorHooks.OfNode(LsfSite.Site, TimeSpan.Zero, CondorNode.Fit.With("config", config))[0].Content.Span);
        Assert.Contains("\naddress /var/log/condor/.startd_address\naccount 64\n", settings, StringComparison.Ordinal);
        Assert.Contains(line, settings, StringComparison.Ordinal);
        Assert.Equal(config is not null, settings.Contains("\nconfig ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_whose_sh_would_refuse_the_first_line_of_roots_program_is_refused()
    {
        var failure = Assert.Throws<HpcException>(() => HTCondorSudoers.Joined(CondorNode.Fit.With("sh-p", null), None));
        Assert.Contains("does not know -p", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_without_sudo_is_refused_since_nobody_could_ask_root()
    {
        var failure = Assert.Throws<HpcException>(() => HTCondorSudoers.Joined(
            CondorNode.Fit with { Facts = new Dictionary<string, string>() }, None));
        Assert.Contains("has no sudo", failure.Message, StringComparison.Ordinal);
    }

    private static TextChange Joined(HTCondorNode node, TextChange? read = null, bool isForced = false) =>
        HTCondorLines.Joined(node, read ?? None, TimeSpan.FromSeconds(80), isForced);
}
