namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>hooks/htcondor/htcondor-root, run by a real sh below a process that is a starter's.</summary>
public sealed class RootProgramTests
{
    [Fact]
    public void A_starters_job_is_started_once_with_what_the_startd_says_and_nothing_of_the_users()
    {
        using var node = new StarterDirectory("env | sort >\"${0%/*}/told\"; cat \"$_CONDOR_JOB_AD\" >>\"${0%/*}/told\"");
        var (_, output, error) = node.Start("$root start; $root start", ("DOCKER_HOST", "tcp://elsewhere"), ("SUDO_USER", "mallory"));
        Assert.Equal(("ok n01\nok n01\n", ""), (output, error));
        Assert.Matches(
            "^pisahpc-hook start -Site /etc/pisahpc/site.yaml -DeadlineSec 20 -ReasonFile .*\\.why -Environment tiny$",
            Assert.Single(node.Calls));
        var told = File.ReadAllText(node.Host.PathOf("told"));
        Assert.Contains("\nSUDO_UID=4001\n", told, StringComparison.Ordinal);
        Assert.Matches($"\n_CONDOR_SCRATCH_DIR={node.Host.PathOf("execute")}/dir_[0-9]+\n", told);
        Assert.Contains(
            "GlobalJobId = \"sched01@head#7.0#1764430000\"\nNumJobStarts = 1\nMachine = \"n01\"\n", told, StringComparison.Ordinal);
        Assert.Contains("Cpus = 4\nMemory = 2048\n", told, StringComparison.Ordinal);
        Assert.DoesNotContain("DOCKER_HOST", told, StringComparison.Ordinal);
        Assert.DoesNotContain("mallory", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_descends_from_no_starter_starts_and_stops_nothing()
    {
        using var node = new StarterDirectory();
        Assert.StartsWith("78 not-a-job n01 ", node.Host.Call("htcondor-root", ["start"]).Output, StringComparison.Ordinal);
        Assert.StartsWith(
            "78 not-a-job n01 ", node.Start("$root start", ("SUDO_UID", null)).Output, StringComparison.Ordinal);
        Assert.Equal((0, "", ""), node.Host.Call("htcondor-root", ["stop"]));
        Assert.Empty(node.Calls);
    }

    [Theory]
    [InlineData("", "75 startd-silent")]
    [InlineData("1 " + StarterDirectory.Slot, "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 sched01#7#1 4 2048 5 1 tiny", "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 sched01#7.0#1 x 2048 5 1 tiny", "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 sched01#7.0#1 4 2048 11 1 tiny", "78 universe-unsupported")]
    [InlineData("$pid slot1_1@n01 sched01#7.0#1 4 2048 5 1 undefined", "75 startd-unread")]
    [InlineData("$pid slot1_1@n01 sched01#7.0#1 4 2048 5 1 ../x", "78 environment-invalid")]
    [InlineData("$pid slot1_1@n01 sched01#7.0#1 4 2048 5 1 -Site", "78 environment-invalid")]
    [InlineData("$pid slot1_1@n01 sched01#7.0#1 4 2048 5 1 tiny 64", "78 environment-invalid")]
    public void What_the_startd_does_not_say_or_a_user_made_up_starts_nothing(string said, string answer)
    {
        using var node = new StarterDirectory(said: said);
        Assert.StartsWith(answer + " n01 ", node.Start("$root start").Output, StringComparison.Ordinal);
        Assert.Empty(node.Calls);
    }

    [Fact]
    public void A_second_line_that_a_user_put_into_his_word_stands_for_nothing()
    {
        using var node = new StarterDirectory(said: $"$pid {StarterDirectory.Slot}\n$pid slot1_2@n01 other#8.0#1 64 9999 5 1 tiny");
        node.Start("$root start");
        Assert.Contains(
            "Cpus = 4\n", File.ReadAllText(node.Host.PathOf("run/.htcondor/" + node.Files.Single(IsAd))), StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_startd_says_no_StarterPid_and_the_slot_is_that_of_the_starters_command_line()
    {
        using var node = new StarterDirectory(said: "undefined " + StarterDirectory.Slot);
        Assert.Equal("ok n01\n", node.Start("$root start").Output);
        Assert.Contains(
            "|| (StarterPid =?= undefined && regexp(\"^slot1_1@\", Name)) -af", node.Host.Calls[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_in_which_others_may_put_something_is_given_to_no_container()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start("chmod 1777 $_CONDOR_EXECUTE; $root start");
        Assert.StartsWith("78 scratch-unsafe n01 ", output, StringComparison.Ordinal);
        Assert.Empty(node.Calls);
    }

    [Fact]
    public void A_stop_takes_the_run_off_any_number_of_times_and_the_same_starter_starts_no_other()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start("$root start; $root stop; $root stop; $root start");
        Assert.Matches("\\Aok n01\n75 job-ended n01 .*\n\\z", output);
        Assert.Equal(["start", "stop"], node.Calls.Select(call => call.Split(' ')[1]));
        Assert.Equal(0, node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null)).Code);
        Assert.Empty(node.Files);
    }

    [Fact]
    public void A_stop_while_the_start_is_at_it_has_it_taken_back()
    {
        using var node = new StarterDirectory(
            "[ \"$1\" = start ] || exit 0\ntrap 'echo taken back >>\"${0%/*}/calls\"; exit 143' TERM\n"
            + ">\"${0%/*}/at\"; while :; do sleep 0.1; done");
        var (_, output, _) = node.Start($"$root start & while [ ! -e {node.Host.PathOf("at")} ]; do sleep 0.05; done; $root stop; wait");
        Assert.Contains("taken back", node.Calls);
        Assert.StartsWith("75 job-ended n01 ", output, StringComparison.Ordinal);
        Assert.All(node.Files, file => Assert.EndsWith(".over", file, StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_starter_left_that_is_no_more_is_taken_off_before_the_same_job_starts_again_and_by_a_sweep()
    {
        using var node = new StarterDirectory();
        node.Start("$root start");
        node.Start("$root start");
        Assert.Equal(
            ["start", "stop", "start"], node.Calls.Select(call => call.Split(' ')[1]));
        Assert.Contains("-GraceSec 0 ", node.Calls[1], StringComparison.Ordinal);
        node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null));
        Assert.Equal("stop", node.Calls[^1].Split(' ')[1]);
        Assert.Empty(node.Files);
    }

    [Fact]
    public void A_job_that_another_starter_still_runs_is_not_started()
    {
        using var node = new StarterDirectory();
        var other = $"{node.Host.PathOf("condor_starter")} -c \"mkdir \\$_CONDOR_EXECUTE/dir_\\$\\$; $root start; true\" x -a slot1_2";
        var (_, output, _) = node.Start($"$root start; {other}");
        Assert.Matches("\\Aok n01\n75 earlier-run-lives n01 .*\n\\z", output);
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

    private static bool IsAd(string file) => file.EndsWith(".ad", StringComparison.Ordinal);
}
