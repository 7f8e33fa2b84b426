using PisaHpc.BatchHooks.Slurm;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>How the hooks are joined into a site's slurm.conf, and how they are taken out of it.</summary>
public sealed class SlurmConfPlanTests
{
    private const string Bare = "ClusterName=a\nNodeName=n[1-2] CPUs=4\n";

    /// <summary>Files as sites have them; each ends in its own way.</summary>
    public static TheoryData<string> Sites =>
    [
        "", "\n", Bare, Bare.TrimEnd('\n'), "ClusterName=a\r\nNodeName=n1\r\n", "ClusterName=a\r\nNodeName=n1", "# nothing\n#", "A=1\n\n\n",
        "Prolog=/opt/site/prolog.sh\nEpilog=/opt/site/epilog.sh\n", "Epilog=/opt/site/epilog.sh\nProlog=/opt/site/prolog.sh",
        "prolog=/etc/slurm/prolog.d/*\nEPILOG=/etc/slurm/epilog.d/*.sh # theirs\n", "PrologFlags=X11\n", "PrologFlags=contain,ALLOC,deferbatch\n",
        "PrologFlags=X11,\\\nSerial # both\nKillWait=3\n", "KillWait=3\nPrologFlags=X11,\\\n  \nA=1\n", "PrologFlags=X11",
        "JobSubmitPlugins=all_partitions\n", "JobSubmitPlugins=lua\n", "JobSubmitPlugins=all_partitions,job_submit/lua\n",
        "BatchStartTimeout=15\nBatchStartTimeout=20\n", "BatchStartTimeout=600\n", "AuthInfo=socket=/run/munge/munge.socket.2,cred_expire=5\n",
        "AuthInfo=cred_expire=500\n", "LaunchParameters=slurmstepd_memlock\n", "PrologEpilogTimeout=300\n", "Prolog=(null)\n",
        "\tProlog = \"/opt/site/pro log\"   # quoted\n", "SlurmctldParameters=a\\\\#b\nPrologFlags=X11\n", "# caf\u00e9 \u0085\u00a0\nPrologFlags=X11 # \u00e9\n",
    ];

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Taking_out_what_was_joined_gives_the_same_bytes(string site)
    {
        foreach (var request in new[] { SlurmConf.Request, SlurmConf.Request with { InteractiveStep = true, Deadline = TimeSpan.FromSeconds(200) } })
        {
            var joined = (await SlurmConf.JoinedAsync(site, request))[0];
            Assert.Equal(site, MarkedLines.TakenOut(joined));

            // What the site writes before and behind it stays, too.
            Assert.Equal($"Added=1\n{site}", MarkedLines.TakenOut(joined with { Text = "Added=1\n" + joined.Text }));
        }
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Joining_twice_is_joining_once(string site)
    {
        var once = (await SlurmConf.JoinedAsync(site))[0];
        var standing = await (await SlurmConf.ReadAsync(once.Text)).WithoutOursAsync();
        Assert.Equal(once.Text, SlurmConfPlan.Of(standing, SlurmConf.Request).Files[0].Text);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task No_line_of_the_sites_is_lost_or_moved(string site)
    {
        var joined = (await SlurmConf.JoinedAsync(site))[0].Text.Replace("\r", "", StringComparison.Ordinal).Split('\n');
        var kept = joined.Where(line => !line.Contains(" # PisaHpc:", StringComparison.Ordinal))
            .Select(line => line.Replace("#PisaHpc was: ", "", StringComparison.Ordinal));
        Assert.Equal(site.Replace("\r", "", StringComparison.Ordinal).TrimEnd('\n'), string.Join('\n', kept).TrimEnd('\n'));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Taking_out_one_line_and_the_others_later_gives_the_same_bytes(string site)
    {
        var joined = (await SlurmConf.JoinedAsync(site))[0];
        var without = MarkedLines.TakenOut(joined, key => !key.Equals("Prolog", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(SlurmConf.Ours(without), line => line.StartsWith("Prolog=", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(SlurmConf.Ours(without), line => line.StartsWith("JobSubmitPlugins=", StringComparison.OrdinalIgnoreCase)
            || site.Contains("lua", StringComparison.Ordinal));
        Assert.Equal(site, MarkedLines.TakenOut(joined with { Text = without }));
    }

    [Fact]
    public async Task A_site_that_says_nothing_gets_all_at_the_end()
    {
        var joined = (await SlurmConf.JoinedAsync(Bare))[0].Text;
        Assert.StartsWith(Bare, joined, StringComparison.Ordinal);
        Assert.Equal(
            [
                "Prolog=/usr/lib/pisahpc/slurm-prolog", "Epilog=/usr/lib/pisahpc/slurm-epilog", "PrologFlags=Alloc,Contain,DeferBatch",
                "BatchStartTimeout=110", "JobSubmitPlugins=lua",
            ],
            SlurmConf.Ours(joined));
    }

    [Theory]
    [InlineData("PrologFlags=X11", "PrologFlags=X11,Alloc,Contain,DeferBatch")]
    [InlineData("prologflags=x11,contain", "prologflags=x11,contain,Alloc,DeferBatch")]
    [InlineData("PrologFlags=X11,\\\nSerial", "PrologFlags=X11,Serial,Alloc,Contain,DeferBatch")]
    [InlineData("JobSubmitPlugins=all_partitions", "JobSubmitPlugins=all_partitions,lua")]
    [InlineData("BatchStartTimeout=15", "BatchStartTimeout=110")]
    [InlineData("AuthInfo=socket=/run/s,cred_expire=5", "AuthInfo=socket=/run/s,cred_expire=110")]
    [InlineData("Prolog=/opt/prolog", "Prolog=/usr/lib/pisahpc/slurm-prolog.d/*")]
    [InlineData("EPILOG = /opt/epilog", "EPILOG=/usr/lib/pisahpc/slurm-epilog.d/*")]
    [InlineData("LaunchParameters=slurmstepd_memlock", "LaunchParameters=slurmstepd_memlock,use_interactive_step")]
    public async Task What_the_site_says_is_kept_in_the_same_place_and_added_to(string line, string expected)
    {
        var joined = (await SlurmConf.JoinedAsync(
            $"A=1\n{line}\nB=2\n", SlurmConf.Request with { InteractiveStep = true }))[0].Text;
        var kept = string.Concat(line.Split('\n').Select(part => $"#PisaHpc was: {part}\n"));
        Assert.StartsWith($"A=1\n{kept}{expected} # PisaHpc:", joined, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BatchStartTimeout=110")]
    [InlineData("AuthInfo=cred_expire=110")]
    [InlineData("JobSubmitPlugins=all_partitions,lua")]
    [InlineData("PrologFlags=deferbatch,alloc,contain,x11")]
    [InlineData("Prolog=/usr/lib/pisahpc/slurm-prolog")]
    public async Task What_is_right_already_stays(string line)
    {
        var joined = (await SlurmConf.JoinedAsync(line + "\n"))[0].Text;
        Assert.DoesNotContain(SlurmConf.Ours(joined), ours => ours.StartsWith(line.Split('=')[0] + "=", StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith(line + "\n", joined, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_of_several_lines_is_the_one_that_counts()
    {
        var joined = (await SlurmConf.JoinedAsync("BatchStartTimeout=500\nBatchStartTimeout=15\n"))[0].Text;
        Assert.StartsWith("BatchStartTimeout=500\n#PisaHpc was: BatchStartTimeout=15\nBatchStartTimeout=110 # PisaHpc:", joined, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_of_an_included_file_is_changed_there()
    {
        (string, string) flags = ("/etc/slurm/flags.conf", "PrologFlags=X11\n");
        var joined = await SlurmConf.JoinedAsync("Include flags.conf\nKillWait=5\n", null, flags);
        Assert.StartsWith("#PisaHpc was: PrologFlags=X11\nPrologFlags=X11,Alloc,Contain,DeferBatch", joined[1].Text, StringComparison.Ordinal);
        Assert.StartsWith("Include flags.conf\nKillWait=5\nProlog=", joined[0].Text, StringComparison.Ordinal);
        Assert.Equal(flags.Item2, MarkedLines.TakenOut(joined[1]));
    }

    [Theory]
    [InlineData("PrologFlags=NoHold,Alloc\n", "line 1: NoHold does not go with Contain")]
    [InlineData("A=1\nPrologEpilogTimeout=60\n", "line 2: PrologEpilogTimeout=60 is no more than the 100 s")]
    [InlineData("EpilogTimeout=109\n", "line 1: EpilogTimeout=109 is no more than")]
    [InlineData("PrologEpilogTimeout=soon\n", "line 1: 'soon' is no number of seconds")]
    [InlineData("PrologFlags+=X11\n", "line 1: PrologFlags+= is not understood here")]
    [InlineData("Prolog=prolog.sh\n", "line 1: 'prolog.sh' is no absolute path")]
    [InlineData("Prolog=/etc/*/prolog.sh\n", "line 1: '/etc/*/prolog.sh' has wildcards before its last part")]
    [InlineData("Prolog=/etc/slurm/prolog.d/site?.sh\n", "line 1: '/etc/slurm/prolog.d/site?.sh' matches no name that could stand there")]
    [InlineData("Prolog=/a\nProlog=/b\n", "line 2: Prolog is set in line 1 of /etc/slurm/slurm.conf too")]
    [InlineData("AuthInfo=cred_expire=x\n", "line 1: 'cred_expire=x' is no number of seconds")]
    [InlineData("Prolog=/opt/a\\\\b\n", "line 1: the value of Prolog has quotes or backslashes in it")]
    public async Task What_leaves_no_way_is_refused_with_its_line(string text, string words) =>
        Assert.Contains(words, (await SlurmConf.RefusedAsync(text)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_shell_of_the_sites_own_for_salloc_is_not_taken_from_it()
    {
        var interactive = SlurmConf.Request with { InteractiveStep = true };
        var refused = await SlurmConf.RefusedAsync("InteractiveStepOptions=\"--pty /opt/shell\"\n", interactive);
        Assert.Contains("InteractiveStepOptions names a program of the site's own", refused.Message, StringComparison.Ordinal);
        var joined = (await SlurmConf.JoinedAsync("", interactive))[0].Text;
        Assert.Contains(
            "InteractiveStepOptions=\"--interactive --preserve-env --pty /usr/lib/pisahpc/slurm-job\"", SlurmConf.Ours(joined));
    }

    [Fact]
    public async Task Where_Slurm_takes_several_scripts_ours_comes_last_in_the_prolog_and_first_in_the_epilog()
    {
        var joined = (await SlurmConf.JoinedAsync(
            "Prolog=/a\nEpilog=/c\nProlog=/b\nEpilog=/d\n", SlurmConf.Request with { TakesSeveralScripts = true }))[0].Text;
        var lines = joined.Split('\n').Select(line => line.Split(" # ")[0]).Where(line => line.Contains("log=", StringComparison.Ordinal));
        Assert.Equal(
            [
                "Prolog=/a", "Epilog=/usr/lib/pisahpc/slurm-epilog", "Epilog=/c", "Prolog=/b", "Prolog=/usr/lib/pisahpc/slurm-prolog",
                "Epilog=/d",
            ],
            lines);
    }

    [Theory]
    [InlineData("PrologFlags=X11,Alloc,Contain,DeferBatch,Serial # PisaHpc:", "is PisaHpc's and was changed since")]
    [InlineData("#PisaHpc was: PrologFlags=X11\nKillWait=5 ", "the line that took this one's place is not below it any more")]
    public async Task A_line_of_ours_that_the_site_has_changed_is_not_thrown_away(string changed, string words)
    {
        var joined = (await SlurmConf.JoinedAsync("PrologFlags=X11\n"))[0];
        var ours = joined.Text.Split('\n').First(line => line.StartsWith("PrologFlags", StringComparison.Ordinal));
        var text = changed.EndsWith(':') ? joined.Text.Replace(ours, changed + ours.Split(':')[1], StringComparison.Ordinal) : changed;
        var failure = Assert.Throws<HpcException>(() => MarkedLines.TakenOut(joined with { Text = text }));
        Assert.Equal(ErrorId.BatchConfigurationInvalid, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }
}
