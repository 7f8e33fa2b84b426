using System.Diagnostics;

namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>What a user may try on hooks/htcondor/htcondor-root, which sudo runs for him as root.</summary>
public sealed class RootProgramAttackTests
{
    private const StringComparison Exactly = StringComparison.Ordinal;

    [Fact]
    public void An_edited_GlobalJobId_and_an_ad_of_his_own_are_nobodys_word()
    {
        using var node = new StarterDirectory();
        var ad = node.Host.PathOf("forged.ad");
        File.WriteAllText(ad, "ClusterId = 8\nProcId = 0\nOwner = \"root\"\nGlobalJobId = \"sched01@head#8.0#1\"\n");
        Assert.Equal("ok n01\n", node.Start("$root start", ("_CONDOR_JOB_AD", ad), ("_CONDOR_MACHINE_AD", ad)).Output);
        Assert.DoesNotContain("GlobalJobId", node.Host.Calls[0], Exactly);
        node.Start("$root start; $root stop");
        var stops = node.Calls.Where(call => call.Contains("hook stop", Exactly));
        Assert.All(stops, call => Assert.EndsWith(" 7.0.sched01_head", call, Exactly));
    }

    [Theory]
    [InlineData("mail@site", "undefined", "daemon")]
    [InlineData("daemon@site", "mail", "daemon")]
    [InlineData("daemon@site", "daemon", "mail")]
    [InlineData("daemon@site", "nobody", "daemon")]
    [InlineData("root@site", "undefined", "daemon")]
    [InlineData("nonesuch@site", "undefined", "daemon")]
    public void Another_users_job_is_started_for_nobody_else(string remote, string account, string owner)
    {
        using var node = new StarterDirectory(said: $"$pid slot1_1@n01 7.0 sched01@head {remote} 4 2048 5 {account} {owner} 1 tiny");
        Assert.StartsWith("78 owner-differs n01 ", node.Start("$root start").Output, Exactly);
        Assert.Empty(node.Calls);
    }

    [Fact]
    public void A_process_of_another_user_below_the_starter_ends_nothing_and_is_told_nothing()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start(
            "$root start; export SUDO_UID=8; $root stop; $root socket; $root start; unset SUDO_UID; $root stop");
        Assert.Matches("\\Aok n01\n(78 not-a-job n01 .*\n){4}\\z", output);
        Assert.Equal("start", Assert.Single(node.Calls).Split(' ')[1]);
        Assert.DoesNotContain(node.Files, file => file.EndsWith(".over", Exactly));
    }

    [Fact]
    public void Whoever_descends_from_no_starter_starts_and_stops_nothing()
    {
        using var node = new StarterDirectory();
        foreach (var verb in new[] { "start", "socket", "stop" })
        {
            Assert.StartsWith("78 not-a-job n01 ", node.Host.Call("htcondor-root", [verb]).Output, Exactly);
        }

        Assert.StartsWith("78 not-a-job n01 ", node.Start("$root start", ("SUDO_UID", null)).Output, Exactly);
        Assert.StartsWith("78 usage n01 ", node.Start("$root start=8.0").Output, Exactly);
        Assert.Empty(node.Calls);
    }

    [Theory]
    [InlineData("$pid " + StarterDirectory.Slot + "\n$pid slot1_2@n01 8.0 h mail@s 64 9999 5 mail mail 1 tiny")]
    [InlineData("$pid slot1_1@n01 8.0 h mail@s 64 9999 5 mail mail 1 tiny\n$pid " + StarterDirectory.Slot)]
    public void A_second_line_that_a_user_put_into_his_word_makes_it_no_answer(string said)
    {
        using var node = new StarterDirectory(said: said);
        Assert.StartsWith("75 startd-silent n01 ", node.Start("$root start").Output, Exactly);
        Assert.Empty(node.Calls);
    }

    [Theory]
    [InlineData("chmod 666 {0}")]
    [InlineData("chown 1 {0}")]
    [InlineData("chown 2 {0}")]
    [InlineData("chmod 777 $(dirname {0})")]
    [InlineData("chown 2 $(dirname {0})")]
    [InlineData("mv {0} {0}.own; ln -s {0}.own {0}")]
    [InlineData("touch -d @1000 {0}")]
    [InlineData("echo elsewhere >{0}")]
    [InlineData("rm {0}")]
    public void Another_startd_than_the_nodes_own_is_not_asked(string attack)
    {
        using var node = new StarterDirectory();
        var address = node.Host.PathOf("startd_address");
        Assert.StartsWith("75 startd-silent n01 ", node.Start($"{string.Format(null, attack, address)}; $root start").Output, Exactly);
        Assert.Empty(node.Host.Calls);
    }

    [Theory]
    [InlineData("chmod 1777 $_CONDOR_EXECUTE", "78 scratch-unsafe")]
    [InlineData("chown 1 $_CONDOR_EXECUTE", "78 scratch-unsafe")]
    [InlineData("chown 2 $_CONDOR_EXECUTE", "78 scratch-unsafe")]
    [InlineData("chown 2 $_CONDOR_EXECUTE/dir_$$", "78 scratch-unsafe")]
    [InlineData("chmod 777 ${_CONDOR_EXECUTE%/*}", "78 scratch-unsafe")]
    [InlineData("chmod 1777 ${_CONDOR_EXECUTE%/*}; chown 1 ${_CONDOR_EXECUTE%/*}", "78 scratch-unsafe")]
    [InlineData("rmdir $_CONDOR_EXECUTE/dir_$$; ln -s /root $_CONDOR_EXECUTE/dir_$$", "75 scratch-missing")]
    [InlineData("rmdir $_CONDOR_EXECUTE/dir_$$; ln -s $_CONDOR_EXECUTE/.. $_CONDOR_EXECUTE/dir_$$", "75 scratch-missing")]
    public void No_link_and_no_directory_that_he_could_replace_is_given_to_a_container(string attack, string answer)
    {
        using var node = new StarterDirectory();
        Assert.StartsWith(answer + " n01 ", node.Start($"{attack}; $root start").Output, Exactly);
        Assert.Empty(node.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Signals_that_he_ignores_are_heeded_all_the_same(bool isOldEnv)
    {
        using var node = new StarterDirectory("grep SigIgn /proc/self/status >\"${0%/*}/ignored\"");
        if (isOldEnv)
        {
            node.Edit("htcondor-root", "default='/usr/bin/env --default-signal'", "default=/nonexistent");
        }

        var watch = Stopwatch.StartNew();
        Assert.Equal("ok n01\n", node.Start("trap '' HUP INT QUIT TERM USR1; $root start").Output);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"It took {watch.Elapsed}: its watch did not end.");
        var ignored = Convert.ToUInt64(File.ReadAllText(node.Host.PathOf("ignored")).Split('\t')[1].Trim(), 16);
        Assert.Equal(0UL, ignored & (1UL << 14));
    }

    [Fact]
    public void A_start_that_is_deaf_to_TERM_is_ended_by_its_stop_and_one_whose_id_another_process_has_is_left_alone()
    {
        using var node = new StarterDirectory(
            "[ \"$1\" = start ] || exit 0\ntrap '' TERM\necho $$ >\"${0%/*}/at\"; while :; do sleep 0.1; done");
        node.Host.TakesBackInNoTime();
        using var other = Process.Start(new ProcessStartInfo("sleep", ["600"]))!;
        try
        {
            var (_, output, _) = node.Start(
                $"$root start >/dev/null & while [ ! -s {node.Host.PathOf("at")} ]; do sleep 0.05; done; "
                + $"for file in {node.Host.Run}/.htcondor/*.script; do echo {other.Id} 12345 >$file; done; $root stop; wait");
            Assert.Contains("ok n01", output, Exactly);
            Assert.False(Directory.Exists($"/proc/{File.ReadAllText(node.Host.PathOf("at")).Trim()}"), "It lives.");
            Assert.False(other.HasExited, "Another process was ended by its id.");
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public void A_record_whose_starters_id_another_process_has_is_a_dead_ones_and_bare_ones_go()
    {
        using var node = new StarterDirectory();
        node.Start("$root start");
        var records = $"{node.Host.Run}/.htcondor";
        var record = Directory.GetFiles(records, "*.script").Single()[..^".script".Length];
        File.Move(record, $"{records}/{Environment.ProcessId}.5");
        File.Delete(record + ".script");
        File.WriteAllText($"{records}/999999.7", "");
        File.WriteAllText($"{records}/999999.8.over", "");
        File.WriteAllText($"{records}/999999.9.ad", "GlobalJobId = \"sched01@head#8.0\"\n");
        Assert.Equal(0, node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null)).Code);
        Assert.EndsWith("-Owner daemon 7.0.sched01_head", node.Calls[^1], Exactly);
        Assert.Equal(["start", "stop"], node.Calls.Select(call => call.Split(' ')[1]));
        Assert.Empty(node.Files);
    }

    [Fact]
    public void Nothing_that_root_writes_down_is_his_to_read_lock_or_list()
    {
        using var node = new StarterDirectory("exit 1");
        node.Start("umask 0; $root start");
        Assert.Equal("711", node.Host.ModeOf("run/.htcondor"));
        Assert.NotEmpty(node.Files);
        Assert.All(node.Files, file => Assert.Contains(node.Host.ModeOf($"run/.htcondor/{file}"), new[] { "600", "640" }));
    }

    [Fact]
    public void Who_is_at_the_same_job_keeps_others_from_it()
    {
        using var node = new StarterDirectory();
        node.Start("$root start");
        node.Edit("htcondor-root", "hold_job \"$job\" 10", "hold_job \"$job\" 1");
        var (_, output, _) = node.Start(
            $"exec 8>>{node.Host.Run}/.htcondor/lock.7.0.sched01_head; flock 8; $root start; $root sweep || echo left");
        Assert.Matches("\\A75 job-busy n01 .*\nleft\n\\z", output);
        Assert.Single(node.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" -p")]
    public void Where_sh_is_bash_no_function_of_the_users_runs_as_root(string options)
    {
        using var node = new StarterDirectory();
        node.Host.WithBash("htcondor-root", options);
        (string, string?)[] functions =
        [
            .. new[] { "read", "[", "exec", ".", "set", "umask", "printf", "readlink", "calling_starter", "case" }
                .Select(name => (
                    $"BASH_FUNC_{name}%%", (string?)$"() {{ echo {name} >>{node.Host.PathOf("ran")}; command {name} \"$@\"; }}")),
        ];
        Assert.Equal("ok n01\n", node.Start("$root start", functions).Output);
        Assert.False(File.Exists(node.Host.PathOf("ran")), "A function ran.");
    }
}
