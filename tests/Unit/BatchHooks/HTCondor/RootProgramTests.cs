using System.Globalization;

namespace PisaHpc.Unit.BatchHooks.HTCondor;

/// <summary>hooks/htcondor/htcondor-root, run by a real sh below a process that is a starter's.</summary>
public sealed class RootProgramTests
{
    private const string Facts =
        "{ env | sort; cat \"$_CONDOR_JOB_AD\"; echo in $PWD with $(umask) $(ulimit -f) $(ulimit -c); } >\"${0%/*}/told\"";

    [Fact]
    public void A_starters_job_is_started_once_with_what_the_startd_says_and_nothing_of_the_users()
    {
        using var node = new StarterDirectory(Facts);
        var (_, output, error) = node.Start("$root start; $root start", ("DOCKER_HOST", "tcp://elsewhere"), ("SUDO_USER", "mallory"));
        Assert.Equal(("ok n01\nok n01\n", ""), (output, error));
        Assert.Matches(
            "^pisahpc-hook start -Site /etc/pisahpc/site.yaml -DeadlineSec 20 -ReasonFile .*\\.why -Environment tiny -Owner daemon$",
            Assert.Single(node.Calls));
        var told = File.ReadAllText(node.Host.PathOf("told"));
        Assert.Contains("\nSUDO_UID=1\n", told, StringComparison.Ordinal);
        Assert.Matches($"\n_CONDOR_SCRATCH_DIR={node.Host.PathOf("scratch/execute")}/dir_[0-9]+\n", told);
        Assert.Contains(
            "ClusterId = 7\nProcId = 0\nGlobalJobId = \"sched01@head#7.0\"\nNumJobStarts = 1\nMachine = \"n01\"\n", told,
            StringComparison.Ordinal);
        Assert.Contains("Cpus = 4\nMemory = 2048\n", told, StringComparison.Ordinal);
        Assert.DoesNotContain("DOCKER_HOST", told, StringComparison.Ordinal);
        Assert.DoesNotContain("mallory", told, StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_limits_umask_and_directory_of_its_own()
    {
        using var node = new StarterDirectory(Facts);
        Assert.Equal("ok n01\n", node.Start("umask 0; ulimit -S -f 0; ulimit -S -n 20; cd $_CONDOR_EXECUTE/dir_$$; $root start").Output);
        Assert.EndsWith("in / with 0022 unlimited 0\n", File.ReadAllText(node.Host.PathOf("told")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "75 startd-silent")]
    [InlineData("1 " + StarterDirectory.Slot, "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 7 head daemon@site 4 2048 5 undefined daemon 1 tiny", "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 7.0 undefined daemon@site 4 2048 5 undefined daemon 1 tiny", "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 7.0 head undefined 4 2048 5 undefined daemon 1 tiny", "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 7.0 head daemon@site x 2048 5 undefined daemon 1 tiny", "75 startd-silent")]
    [InlineData("$pid slot1_1@n01 7.0 head daemon@site 0.5 2048 5 undefined daemon 1 tiny", "78 slot-too-small")]
    [InlineData("$pid slot1_1@n01 7.0 head daemon@site 4 2048 11 undefined daemon 1 tiny", "78 universe-unsupported")]
    [InlineData("$pid slot1_1@n01 7.0 head daemon@site 4 2048 5 undefined daemon 1 undefined", "75 startd-unread")]
    [InlineData("$pid slot1_1@n01 7.0 head daemon@site 4 2048 5 undefined daemon 1 ../x", "78 environment-invalid")]
    [InlineData("$pid slot1_1@n01 7.0 head daemon@site 4 2048 5 undefined daemon 1 -Site", "78 environment-invalid")]
    [InlineData("$pid slot1_1@n01 7.0 head daemon@site 4 2048 5 undefined daemon 1 tiny 64", "78 environment-invalid")]
    public void What_the_startd_does_not_say_or_a_user_made_up_starts_nothing(string said, string answer)
    {
        using var node = new StarterDirectory(said: said);
        Assert.StartsWith(answer + " n01 ", node.Start("$root start").Output, StringComparison.Ordinal);
        Assert.Empty(node.Calls);
        Assert.Equal(0, node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null)).Code);
        Assert.Empty(node.Files);
        Assert.Empty(node.Calls);
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
    public void A_slot_with_a_fraction_gives_its_whole_CPUs_and_OsUser_says_as_whom_a_job_runs()
    {
        using var node = new StarterDirectory(Facts, "$pid slot1_1@n01 7.0 head somebody@site 2.9 64.5 5 daemon daemon 1 tiny");
        Assert.Equal("ok n01\n", node.Start("$root start").Output);
        Assert.Contains("Cpus = 2\nMemory = 64\n", File.ReadAllText(node.Host.PathOf("told")), StringComparison.Ordinal);
    }

    [Fact]
    public void No_startd_has_more_of_a_node_than_the_node_has()
    {
        using var node = new StarterDirectory(Facts, "$pid slot1_1@n01 7.0 head daemon@site 999999 999999999 5 daemon daemon 1 tiny");
        Assert.Equal("ok n01\n", node.Start("$root start").Output);
        var total = File.ReadLines("/proc/meminfo").Single(line => line.StartsWith("MemTotal:", StringComparison.Ordinal));
        var memory = long.Parse(total.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        Assert.Contains($"Cpus = 64\nMemory = {memory}\n", File.ReadAllText(node.Host.PathOf("told")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_jobs_wrapper_is_told_where_the_agent_listens_as_long_as_the_run_is_there()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start("$root socket; $root start; $root socket; $root stop; $root socket");
        Assert.Matches(
            $"\\A78 no-prepare-hook n01 .*\nok n01\nok {node.Host.Run}/7.0.sched01_head/agent/socket\nok n01\n78 no-prepare-hook n01 .*\n\\z",
            output);
        using var failed = new StarterDirectory("exit 78");
        Assert.Matches("\\A(78 hook-failed n01 .*\n){2}\\z", failed.Start("$root start; $root socket").Output);
    }

    [Fact]
    public void A_stop_takes_the_run_off_any_number_of_times_and_the_same_starter_starts_no_other()
    {
        using var node = new StarterDirectory();
        var (_, output, _) = node.Start("$root start; $root stop; $root stop; $root start");
        Assert.Matches("\\Aok n01\nok n01\nok n01\n75 job-ended n01 .*\n\\z", output);
        Assert.Equal(["start", "stop"], node.Calls.Select(call => call.Split(' ')[1]));
        Assert.EndsWith("-Owner daemon 7.0.sched01_head", node.Calls[1], StringComparison.Ordinal);
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
        Assert.Contains("75 job-ended n01 ", output, StringComparison.Ordinal);
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
        Assert.EndsWith("-Owner daemon 7.0.sched01_head", node.Calls[1], StringComparison.Ordinal);
        Assert.Equal(0, node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null)).Code);
        Assert.Equal(["start", "stop", "start", "stop"], node.Calls.Select(call => call.Split(' ')[1]));
        Assert.Empty(node.Files);
    }

    [Fact]
    public void Nobody_but_a_sweep_takes_off_what_another_job_left()
    {
        using var node = new StarterDirectory();
        node.Start("$root start");
        File.WriteAllText($"{node.Host.Run}/.htcondor/999999.8.over", "");
        node.Say("$pid slot1_1@n01 8.0 sched01@head daemon@site 4 2048 5 undefined daemon 1 tiny");
        node.Start("$root start; $root stop");
        var stop = Assert.Single(node.Calls, call => call.Contains("hook stop", StringComparison.Ordinal));
        Assert.EndsWith("-Owner daemon 8.0.sched01_head", stop, StringComparison.Ordinal);
        Assert.DoesNotContain("-Here", stop, StringComparison.Ordinal);
        node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null));
        Assert.EndsWith("-Owner daemon 7.0.sched01_head", node.Calls[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_leaves_what_it_could_not_take_off_and_says_so()
    {
        using var node = new StarterDirectory("[ \"$1\" = start ]");
        node.Start("$root start");
        Assert.Equal(75, node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null)).Code);
        Assert.NotEmpty(node.Files);
        node.Host.Stand("pisahpc-hook", "exit 0");
        Assert.Equal(0, node.Host.Call("htcondor-root", ["sweep"], ("SUDO_UID", null)).Code);
        Assert.Empty(node.Files);
    }
}
