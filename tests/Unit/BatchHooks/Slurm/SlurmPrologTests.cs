using System.Diagnostics;

namespace PisaHpc.Unit.BatchHooks.Slurm;

/// <summary>hooks/slurm/slurm-prolog and slurm-epilog, run by a real sh as slurmd runs them.</summary>
public sealed class SlurmPrologTests
{
    private static readonly (string, string?) Asks = ("SLURM_JOB_COMMENT", "mine docker-tiny");

    [Theory]
    [InlineData("")]
    [InlineData("a docker, none;dockertiny docker-")]
    [InlineData("docker-none")]
    [InlineData("* $(touch /tmp/x) `id` ../..")]
    public void A_job_that_asks_for_nothing_is_let_through_without_a_process(string comment)
    {
        using var node = new HookDirectory();
        Assert.Equal((0, 0), node.Count("slurm-prolog", ("SLURM_JOB_COMMENT", comment)));
        Assert.Equal((0, 0), node.Count("slurm-epilog"));
        Assert.Empty(node.Calls);
        Assert.False(Directory.Exists(node.Run));
    }

    [Theory]
    [InlineData("docker-tiny", " -Environment tiny")]
    [InlineData("x,docker-tiny;y", " -Environment tiny")]
    [InlineData("docker-deb12", " -Environment docker-deb12")]
    [InlineData("docker-tiny docker-other", " -Environment tiny")]
    public void The_first_node_starts_the_job_with_the_environment_that_the_comment_names(string comment, string expected)
    {
        using var node = new HookDirectory(settings: "aliases docker-deb12");
        Assert.Equal((0, "", ""), node.Call("slurm-prolog", [], ("SLURM_JOB_COMMENT", comment)));
        Assert.Equal(
            $"pisahpc-hook start -Site /etc/pisahpc/site.yaml -DeadlineSec 20 -ReasonFile {node.Run}/.slurm/7.0.why{expected} -On n01",
            Assert.Single(node.Calls));
        Assert.Equal(("started", "n01"), (node.Field("state"), node.Field("starter")));
    }

    [Fact]
    public void A_partition_with_an_environment_of_its_own_asks_for_its_jobs()
    {
        using var node = new HookDirectory(settings: "queues short hpc");
        node.Call("slurm-prolog", []);
        Assert.EndsWith(".why -On n01", Assert.Single(node.Calls), StringComparison.Ordinal);
        Assert.Equal((0, 0), node.Count("slurm-prolog", ("SLURM_JOB_PARTITION", "shor")));
        Assert.Equal((0, 0), node.Count("slurm-prolog", ("SLURM_JOB_COMMENT", "docker-none")));
    }

    [Theory]
    [InlineData("n[01-03]", "n02")]
    [InlineData("a1,n02", "n02")]
    [InlineData("r[1-2]n[02,04]-ib", "r1n04-ib")]
    public void The_other_nodes_write_down_who_starts_it_and_start_nothing(string list, string other)
    {
        using var node = new HookDirectory();
        node.Call("slurm-prolog", [], Asks, ("SLURM_NODELIST", list), ("SLURMD_NODENAME", other));
        Assert.Empty(node.Calls);
        Assert.Equal("elsewhere", node.Field("state"));
        Assert.NotEqual(other, node.Field("starter"));
    }

    [Theory]
    [InlineData("docker-../../x")]
    [InlineData("docker--Site")]
    [InlineData("docker-$(id)")]
    [InlineData("docker-a|b")]
    public void A_name_that_is_none_of_an_environment_reaches_no_program(string comment)
    {
        using var node = new HookDirectory();
        Assert.Equal((0, "", ""), node.Call("slurm-prolog", [], ("SLURM_JOB_COMMENT", comment)));
        Assert.Empty(node.Calls);
        Assert.Equal(("failed", "environment-invalid", "78"), (node.Field("state"), node.Field("code"), node.Field("exit")));
    }

    [Theory]
    [InlineData("exit 75", "hook-failed", "75")]
    [InlineData("exit 78", "hook-failed", "78")]
    [InlineData("exit 1", "hook-failed", "78")]
    [InlineData("exit 143", "hook-failed", "75")]
    [InlineData("kill -9 $$", "hook-killed", "75")]
    [InlineData("echo 'image-missing n02 No image pisa/x.' >\"$7\"; exit 78", "image-missing", "78")]
    public void What_went_wrong_is_written_down_and_the_prolog_ends_with_0(string hook, string code, string exit)
    {
        using var node = new HookDirectory(hook);
        Assert.Equal(0, node.Call("slurm-prolog", [], Asks).Code);
        Assert.Equal(("failed", code, exit), (node.Field("state"), node.Field("code"), node.Field("exit")));
        Assert.Equal(code == "image-missing" ? "n02" : "n01", node.Field("node"));
        Assert.NotEmpty(node.Field("reason"));
    }

    [Theory]
    [InlineData("exit 0", "started", 2)]
    [InlineData("[ $1 = start ]", "failed", 1)]
    public void What_an_earlier_run_of_a_requeued_job_left_is_taken_off_before_the_start(string hook, string state, int calls)
    {
        using var node = new HookDirectory(hook);
        Assert.Equal(0, node.Call("slurm-prolog", [], Asks, ("SLURM_JOB_RESTART_COUNT", "1")).Code);
        Assert.Equal("pisahpc-hook stop -Site /etc/pisahpc/site.yaml -GraceSec 0 -DeadlineSec 7 -On n01", node.Calls[0]);
        Assert.Equal((state, calls), (node.Field("state", "7.1"), node.Calls.Count));
    }

    [Fact]
    public void A_program_that_hangs_is_ended_in_a_time_of_the_hooks_own()
    {
        using var node = new HookDirectory("trap '' TERM; while :; do sleep 0.2; done", deadline: 1);
        node.TakesBackInNoTime();
        var since = Stopwatch.StartNew();
        Assert.Equal(0, node.Call("slurm-prolog", [], Asks).Code);
        Assert.InRange(since.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15));
        Assert.Equal(("failed", "too-slow", "75"), (node.Field("state"), node.Field("code"), node.Field("exit")));
    }

    [Fact]
    public void Nothing_that_is_started_holds_the_pipe_that_slurmd_waits_for()
    {
        using var node = new HookDirectory("sleep 30 & echo $! >\"${0%/*}/child\"; exit 0");
        var since = Stopwatch.StartNew();
        Assert.Equal((0, "", ""), node.Call("slurm-prolog", [], Asks));
        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        using var child = Process.GetProcessById(int.Parse(File.ReadAllText(node.PathOf("child")), null));
        child.Kill();
    }

    [Theory]
    [InlineData("SLURM_JOB_ID", "")]
    [InlineData("SLURM_JOB_ID", "7/../8")]
    [InlineData("SLURM_JOB_RESTART_COUNT", "x")]
    [InlineData("SLURM_JOB_GID", "")]
    public void An_environment_that_is_not_slurmds_starts_nothing(string name, string value)
    {
        using var node = new HookDirectory();
        Assert.Equal((0, 0), node.Count("slurm-prolog", Asks, (name, value)));
        Assert.Empty(node.Calls);
    }

    [Fact]
    public void Without_its_files_it_lets_jobs_through()
    {
        using var node = new HookDirectory();
        File.Delete(node.PathOf("hook.sh"));
        Assert.Equal(0, node.Call("slurm-prolog", [], Asks).Code);
        File.Delete(node.PathOf("slurm-settings"));
        Assert.Equal((0, 0), node.Count("slurm-prolog", Asks));
        Assert.Equal((0, 0), node.Count("slurm-epilog", Asks));
    }

    [Fact]
    public void The_record_is_for_the_jobs_group_alone_whatever_the_umask()
    {
        using var node = new HookDirectory();
        node.Call("slurm-prolog", [], Asks);
        Assert.Equal("640 711", $"{node.ModeOf("run/.slurm/7.0")} {node.ModeOf("run/.slurm")}");
    }

    [Fact]
    public void The_epilog_of_the_node_that_started_the_job_takes_it_off_all_nodes_and_another_one_off_itself()
    {
        using var node = new HookDirectory();
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-epilog", []);
        Assert.Equal("pisahpc-hook stop -Site /etc/pisahpc/site.yaml -GraceSec 5 -DeadlineSec 35 -AskBatchSystem -On n01", node.Calls[^1]);
        Assert.Equal("", node.Record("7.0"));

        node.Call("slurm-prolog", [], Asks, ("SLURMD_NODENAME", "n02"));
        node.Call("slurm-epilog", [], ("SLURMD_NODENAME", "n02"));
        Assert.EndsWith("-DeadlineSec 35 -Here n02 -On n02", node.Calls[^1], StringComparison.Ordinal);
        var calls = node.Calls.Count;
        node.Call("slurm-epilog", [], ("SLURMD_NODENAME", "n02"));
        Assert.Equal(calls, node.Calls.Count);
    }

    [Fact]
    public void Of_a_heterogeneous_job_the_first_component_starts_all_and_the_others_take_off_their_own_nodes()
    {
        using var node = new HookDirectory();
        node.Call("slurm-prolog", [], Asks, ("SLURM_HET_JOB_ID", "6"));
        Assert.Empty(node.Calls);
        Assert.Equal(("elsewhere", "the first node of job 6"), (node.Field("state"), node.Field("starter")));
        node.Call("slurm-epilog", [], ("SLURM_HET_JOB_ID", "6"));
        Assert.EndsWith(" -Here n01 -On n01", Assert.Single(node.Calls), StringComparison.Ordinal);
        node.Call("slurm-prolog", [], Asks, ("SLURM_HET_JOB_ID", "7"));
        Assert.StartsWith("pisahpc-hook start ", node.Calls[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_abort_is_told_neither_comment_nor_run_and_takes_off_what_the_node_remembers()
    {
        using var node = new HookDirectory("echo \"run $SLURM_JOB_RESTART_COUNT\" >>\"${0%/*}/calls\"; exit 0");
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-prolog", [], Asks, ("SLURM_JOB_RESTART_COUNT", "2"));
        node.Call("slurm-epilog", [], ("SLURM_JOB_RESTART_COUNT", null), ("SLURM_NODELIST", null), ("SLURM_JOB_GID", "0"));
        Assert.Equal("run 2", node.Calls[^1]);
        Assert.EndsWith(" -Here n01 -On n01", node.Calls[^2], StringComparison.Ordinal);
        Assert.Equal(("", ""), (node.Record("7.0"), node.Record("7.2")));
    }

    [Fact]
    public void The_epilog_of_a_job_that_is_requeued_is_told_the_next_run_and_takes_off_the_one_that_was()
    {
        using var node = new HookDirectory();
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-epilog", [], ("SLURM_JOB_RESTART_COUNT", "1"));
        Assert.EndsWith("stop -Site /etc/pisahpc/site.yaml -GraceSec 5 -DeadlineSec 35 -AskBatchSystem -On n01", node.Calls[^1], StringComparison.Ordinal);
        Assert.Equal("", node.Record("7.0"));
    }

    [Fact]
    public void A_late_epilog_of_an_earlier_run_leaves_the_newer_one_alone()
    {
        using var node = new HookDirectory();
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-prolog", [], Asks, ("SLURM_JOB_RESTART_COUNT", "1"));
        var calls = node.Calls.Count;
        Assert.Equal(0, node.Call("slurm-epilog", []).Code);
        Assert.Equal(calls, node.Calls.Count);
        Assert.Equal(("", "started"), (node.Record("7.0"), node.Field("state", "7.1")));
    }

    [Fact]
    public void A_stop_that_fails_is_remembered_and_can_be_run_again()
    {
        using var node = new HookDirectory("[ \"$1\" = start ] || exit 1");
        node.Call("slurm-prolog", [], Asks);
        Assert.Equal(0, node.Call("slurm-epilog", []).Code);
        Assert.Equal("left", node.Field("state"));
        node.Stand("pisahpc-hook", "exit 0");
        Assert.Equal(0, node.Call("slurm-epilog", []).Code);
        Assert.Equal("", node.Record("7.0"));
    }

    [Fact]
    public void A_start_that_took_all_back_leaves_the_epilog_nothing_to_do()
    {
        using var node = new HookDirectory("exit 78");
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-epilog", []);
        Assert.Single(node.Calls);
        Assert.Equal("", node.Record("7.0"));
    }

    [Fact]
    public void What_an_epilog_could_not_take_off_a_later_one_does()
    {
        using var node = new HookDirectory("[ \"$1\" = start ] || exit 1");
        node.Call("slurm-prolog", [], Asks, ("SLURM_JOB_ID", "5"));
        node.Call("slurm-epilog", [], ("SLURM_JOB_ID", "5"));
        Assert.Equal("left", node.Field("state", "5.0"));
        node.Stand("pisahpc-hook", "echo \"job $SLURM_JOB_ID\" >>\"${0%/*}/calls\"");
        node.Call("slurm-prolog", [], Asks);
        node.Call("slurm-epilog", []);
        Assert.Equal(["job 7", "job 5"], node.Calls.Where(call => call.StartsWith("job ", StringComparison.Ordinal)).TakeLast(2));
        Assert.Equal(("", ""), (node.Record("7.0"), node.Record("5.0")));
    }
}
