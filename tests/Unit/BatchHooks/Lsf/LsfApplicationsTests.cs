using PisaHpc.BatchHooks.Lsf;

namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>How application profiles are joined into a site's lsb.applications, and what is refused.</summary>
public sealed class LsfApplicationsTests
{
    private const string Theirs = "# ours\nBegin Application\nNAME = fluent   # CFD\nFILELIMIT = 20000\nEnd Application\n";

    [Fact]
    public void Each_environment_has_a_profile_that_calls_the_hooks_behind_the_sites_own()
    {
        var joined = LsfSite.Joined(Theirs);
        Assert.StartsWith(Theirs + "# PisaHpc: begin ", joined, StringComparison.Ordinal);
        Assert.Contains(
            """
            Begin Application
            NAME = docker-cs7
            DESCRIPTION = in the container of the environment cs7
            HOST_PRE_EXEC = /usr/lib/pisahpc/lsf-pre cs7
            HOST_POST_EXEC = /usr/lib/pisahpc/lsf-post cs7
            JOB_STARTER = /usr/lib/pisahpc/lsf-job cs7 "%USRCMD"
            JOB_INCLUDE_POSTPROC = Y
            JOB_PREPROC_TIMEOUT = 2
            JOB_POSTPROC_TIMEOUT = 2
            LOCAL_MAX_PREEXEC_RETRY = 3
            LOCAL_MAX_PREEXEC_RETRY_ACTION = EXIT
            End Application

            """,
            joined,
            StringComparison.Ordinal);
        Assert.Equal(
            ["fluent", "docker-cs7", "docker-tiny"],
            LsfApplications.Parse("/f", joined).Sections.Select(section => section.Name));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Theirs)]
    [InlineData("#if time(5:mon-21:fri)\nBegin Application\nNAME = day\nEnd Application\n#endif\n")]
    public void Joining_twice_is_joining_once_and_taking_out_gives_the_same_bytes(string? site)
    {
        var joined = LsfSite.Joined(site);
        Assert.False(LsfSite.Hooks(joined).ApplicationsJoined(TimeSpan.FromSeconds(80)).Changes);
        Assert.True(LsfSite.Hooks(joined).ApplicationsJoined(TimeSpan.FromSeconds(200)).Changes);
        Assert.Equal(site, LsfSite.Hooks(joined).ApplicationsLeft().After);
    }

    [Theory]
    [InlineData("Begin Application\nNAME = x\n", "line 1: the section that begins there is not closed")]
    [InlineData("Begin Application\nNAME = x\nBegin Application\n", "line 3: the section of line 1 is not closed before")]
    [InlineData("\nEnd Application\n", "line 2: no section is open")]
    [InlineData("#if cluster(c1)\n", "line 1: the condition that begins there is not closed")]
    [InlineData("A=1\n#endif\n", "line 2: no condition is open")]
    [InlineData(
        "\nbegin application\nname=docker-cs7\nend application\n", "line 2: the site has an application profile docker-cs7 of its own")]
    public void What_leaves_no_way_is_refused_with_its_line(string text, string words)
    {
        var failure = Assert.Throws<HpcException>(() => LsfSite.Joined(text));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.StartsWith($"{LsfSite.ApplicationsFile}, {words}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_LSF_cannot_say_has_no_profile_and_is_told()
    {
        Assert.Equal(["deb12.1"], LsfProfile.NamesWithoutWord(LsfSite.Site));
        Assert.Equal(
            "docker-cs7 docker-cs7\ndocker-old docker-cs7\ndocker-tiny docker-tiny\n", LsfProfile.ListOf(LsfProfile.Of(LsfSite.Site)));
    }

    [Fact]
    public void What_the_site_has_in_LSFs_directory_under_our_names_is_not_replaced()
    {
        var hooks = LsfSite.Hooks(null);
        hooks.RequireOwnNames();
        var theirs = hooks with { EsubText = "#!/bin/sh\n# ours\n" };
        var failure = Assert.Throws<HpcException>(theirs.RequireOwnNames);
        Assert.Contains("/lsf/etc/esub.docker on head is the site's own", failure.Message, StringComparison.Ordinal);
        var links = new Dictionary<string, string?>(hooks.EsubLinks) { ["/lsf/etc/esub.docker-cs7"] = null };
        Assert.Throws<HpcException>((hooks with { EsubLinks = links }).RequireOwnNames);
        (hooks with { EsubText = System.Text.Encoding.UTF8.GetString(hooks.Esub.Content.Span) }).RequireOwnNames();
    }
}
