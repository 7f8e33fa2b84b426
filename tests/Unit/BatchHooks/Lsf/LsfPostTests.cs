using System.Diagnostics;

namespace PisaHpc.Unit.BatchHooks.Lsf;

/// <summary>hooks/lsf/lsf-post: what a run left is taken off, once, by whoever finds it, and never a newer run's.</summary>
public sealed class LsfPostTests
{
    private static readonly string[] Tiny = ["tiny"];

    [Fact]
    public void The_host_that_started_the_job_takes_it_off_all_hosts_with_what_LSF_says_of_its_end()
    {
        using var host = LsfPreTests.Node("env | grep -s EXIT >>\"${0%/*}/calls\"; exit 0");
        host.Call("lsf-pre", Tiny);
        host.Call("lsf-post", Tiny, ("LSB_JOBEXIT_STAT", "512"), ("LSB_JOBEXIT_INFO", "SIGNAL -14 SIG_TERM_USER"));
        Assert.Equal(
            [
                "pisahpc-hook stop -Site /etc/pisahpc/site.yaml -GraceSec 5 -DeadlineSec 35", "LSB_JOBEXIT_INFO=SIGNAL -14 SIG_TERM_USER",
                "LSB_JOBEXIT_STAT=512",
            ],
            host.Calls.TakeLast(3).Order().OrderByDescending(call => call.StartsWith("pisahpc", StringComparison.Ordinal)));
        Assert.Equal("", host.Record("7.0"));
        var calls = host.Calls.Count;
        Assert.Equal((0, 0), host.Count("lsf-post"));
        Assert.Equal(calls, host.Calls.Count);
    }

    [Fact]
    public void Another_host_takes_off_what_is_on_itself()
    {
        using var host = LsfPreTests.Node();
        host.OnHost("n02");
        host.Call("lsf-pre", Tiny);
        host.Call("lsf-post", Tiny);
        Assert.EndsWith("-DeadlineSec 35 -Here n02", Assert.Single(host.Calls), StringComparison.Ordinal);
        Assert.Equal("", host.Record("7.0"));
    }

    [Fact]
    public void It_works_after_a_pre_execution_that_failed_and_took_all_back()
    {
        using var host = LsfPreTests.Node("exit 78");
        host.Call("lsf-pre", Tiny);
        Assert.Equal(0, host.Call("lsf-post", Tiny, ("LSB_JOBEXIT_STAT", "0")).Code);
        Assert.Single(host.Calls);
        Assert.Equal("", host.Record("7.0"));
    }

    [Fact]
    public void A_late_one_of_an_earlier_run_leaves_the_newer_one_alone()
    {
        using var host = LsfPreTests.Node();
        host.Call("lsf-pre", Tiny, ("LSF_JOB_TIMESTAMP_VALUE", "1764430500"));
        Assert.Equal((0, 0), host.Count("lsf-post"));
        Assert.Equal("started", host.Field("state"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("soon")]
    public void One_that_is_not_told_which_run_it_is_for_takes_off_what_there_is(string? stamp)
    {
        using var host = LsfPreTests.Node();
        host.Call("lsf-pre", Tiny);
        host.Call("lsf-post", Tiny, ("LSF_JOB_TIMESTAMP_VALUE", stamp));
        Assert.Equal(("", 2), (host.Record("7.0"), host.Calls.Count));
    }

    [Theory]
    [InlineData("exit 0")]
    [InlineData("exit 1")]
    public void The_record_of_a_run_that_began_during_the_stop_stays(string end)
    {
        using var host = LsfPreTests.Node($$"""
            [ "$1" = stop ] || exit 0
            sed -i 's/^state .*/state started/; s/^turn .*/turn 1764430500/' "${0%/*}/run/.lsf/7.0"
            {{end}}
            """);
        host.Call("lsf-pre", Tiny);
        Assert.Equal(0, host.Call("lsf-post", Tiny).Code);
        Assert.Equal(("started", "1764430500"), (host.Field("state"), host.Field("turn")));
    }

    [Fact]
    public void One_that_is_killed_in_its_stop_leaves_a_record_by_which_a_later_one_takes_the_run_off()
    {
        using var host = LsfPreTests.Node("[ \"$1\" = start ] || kill -KILL $PPID");
        host.Call("lsf-pre", Tiny, ("LSB_JOBID", "5"));
        Assert.NotEqual(0, host.Call("lsf-post", Tiny, ("LSB_JOBID", "5")).Code);
        Assert.Equal(
            ("left", "stop-killed", "n01", "1764430000", "tiny"),
            (host.Field("state", "5.0"), host.Field("code", "5.0"), host.Field("starter", "5.0"), host.Field("turn", "5.0"),
                host.Field("environment", "5.0")));
        host.Stand("pisahpc-hook", "exit 0");
        host.Call("lsf-pre", Tiny);
        host.Call("lsf-post", Tiny);
        Assert.EndsWith("-Here n01", host.Calls[^1], StringComparison.Ordinal);
        Assert.Equal("", host.Record("5.0"));
    }

    [Fact]
    public void What_another_one_is_taking_off_is_left_to_it()
    {
        using var host = LsfPreTests.Node("[ \"$1\" = start ] || exit 1");
        host.Call("lsf-pre", Tiny, ("LSB_JOBID", "5"));
        host.Call("lsf-post", Tiny, ("LSB_JOBID", "5"));
        var record = host.PathOf("run/.lsf/5.0");
        File.WriteAllText(record, host.Record("5.0").Replace("code stop-failed", "code stop-killed", StringComparison.Ordinal).Replace(
            "\nreason ", $"\nreason by the hook {Environment.ProcessId} {OwnStart()}\nwas ", StringComparison.Ordinal));
        host.Stand("pisahpc-hook", "exit 0");
        host.Call("lsf-pre", Tiny);
        host.Call("lsf-post", Tiny);
        Assert.Equal(("left", ""), (host.Field("state", "5.0"), host.Record("7.0")));
    }

    [Fact]
    public void A_later_one_that_cannot_take_it_off_either_leaves_the_record_of_its_own_run()
    {
        using var host = LsfPreTests.Node("[ \"$1\" = start ] || [ \"$LSB_JOBID\" != 5 ]");
        host.Call("lsf-pre", Tiny, ("LSB_JOBID", "5"));
        host.Call("lsf-post", Tiny, ("LSB_JOBID", "5"));
        var turn = ("LSF_JOB_TIMESTAMP_VALUE", (string?)"1764430500");
        host.Call("lsf-pre", Tiny, turn);
        host.Call("lsf-post", Tiny, turn);
        Assert.EndsWith("-Here n01", host.Calls[^1], StringComparison.Ordinal);
        Assert.Equal(
            ("left", "stop-failed", "1764430000", "tiny"),
            (host.Field("state", "5.0"), host.Field("code", "5.0"), host.Field("turn", "5.0"), host.Field("environment", "5.0")));
    }

    [Fact]
    public void An_element_of_an_array_is_not_taken_for_another()
    {
        using var host = LsfPreTests.Node();
        host.Call("lsf-pre", Tiny, ("LSB_JOBINDEX", "3"));
        host.Call("lsf-post", Tiny, ("LSB_JOBINDEX", "4"));
        host.Call("lsf-post", Tiny);
        Assert.Single(host.Calls);
        Assert.Equal("started", host.Field("state", "7.3"));
        host.Call("lsf-post", Tiny, ("LSB_JOBINDEX", "3"));
        Assert.Equal("", host.Record("7.3"));
    }

    [Fact]
    public void A_stop_that_fails_is_remembered_and_a_later_job_tries_it_again()
    {
        using var host = LsfPreTests.Node("[ \"$1\" = start ] || exit 1");
        host.Call("lsf-pre", Tiny, ("LSB_JOBID", "5"));
        Assert.Equal(0, host.Call("lsf-post", Tiny, ("LSB_JOBID", "5")).Code);
        Assert.Equal("left", host.Field("state", "5.0"));
        host.Stand("pisahpc-hook", "echo \"job $LSB_JOBID\" >>\"${0%/*}/calls\"");
        host.Call("lsf-pre", Tiny);
        host.Call("lsf-post", Tiny);
        Assert.Equal(["job 7", "job 5"], host.Calls.Where(call => call.StartsWith("job ", StringComparison.Ordinal)).TakeLast(2));
        Assert.Equal(("", ""), (host.Record("7.0"), host.Record("5.0")));
    }

    [Fact]
    public void A_start_whose_pre_execution_was_killed_is_told_to_take_back_and_the_time_that_it_takes_is_not_the_stops()
    {
        using var host = LsfPreTests.Node("""
            [ "$1" = start ] || exit 0
            trap 'sleep 2; echo taken back >>"${0%/*}/calls"; exit 143' TERM
            : >"${0%/*}/at-it"
            while :; do sleep 0.1; done
            """);
        var start = new ProcessStartInfo(host.PathOf("lsf-pre"), Tiny) { WorkingDirectory = "/tmp" };
        (string Name, string Value)[] variables =
        [
            ("LSB_JOBID", "7"), ("LSB_MCPU_HOSTS", "n01 2"), ("LSF_JOB_TIMESTAMP_VALUE", "1764430000"), ("LSFUSER", "root"),
        ];
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var pre = Process.Start(start)!;
        Assert.True(SpinWait.SpinUntil(() => File.Exists(host.PathOf("at-it")), TimeSpan.FromSeconds(20)));
        pre.Kill();
        pre.WaitForExit();
        Assert.Equal("starting", host.Field("state"));
        Assert.Equal(0, host.Call("lsf-post", Tiny).Code);
        Assert.Contains("taken back", host.Calls);
        Assert.Matches("^pisahpc-hook stop .* -DeadlineSec (2[5-9]|3[0-3])$", host.Calls[^1]);
        Assert.Equal(("", ""), (host.Record("7.0"), host.Record("7.0.pid")));
    }

    /// <summary>When this process began, in clock ticks (proc(5), the 22nd field of stat).</summary>
    private static string OwnStart() => File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ')[19];
}
