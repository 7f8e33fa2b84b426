using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>sbatch with an environment, on the lab's real Slurm with the hooks in its slurm.conf.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class SlurmHookTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    private const string Sleeps = "#!/bin/sh\necho runs on $(uname -n)\nsleep 600\n";
    private static readonly string[] BothNodes = ["--nodes=2", "--ntasks=4"];

    [Fact]
    public async Task A_job_that_asks_for_an_environment_has_containers_on_all_of_its_nodes_before_its_script_runs_in_one()
    {
        var job = await HookedJob.SubmitAsync(
            slurm,
            """
            #!/bin/sh -e
            echo "script $0 of $(id -un) $(id -G), shell $-, pid 1 is $(cat /proc/1/comm)"
            cat <<END
            here $(wc -l <"$0") lines
            END
            echo over there: $(ssh o2wn02 uname -n)
            echo done
            """,
            ["--comment=mine docker-tiny", .. BothNodes]);
        Assert.Equal("COMPLETED", await job.EndAsync());
        Assert.Contains($"script /run/pisahpc/{job.Id}/slurm_script of hpcuser 4001 5001 5002, shell e", job.Output, StringComparison.Ordinal);
        Assert.Contains("here 6 lines\nover there: o2wn02\ndone\n", job.Output, StringComparison.Ordinal);
        Assert.Equal("0:0", await job.FieldAsync("ExitCode"));
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    [Fact]
    public async Task A_job_that_asks_for_nothing_runs_as_ever()
    {
        var job = await HookedJob.SubmitAsync(slurm, "#!/bin/sh\necho $0\n", "--comment=docker-none");
        Assert.Equal("COMPLETED", await job.EndAsync());
        Assert.Matches("^/run/slurmd/job[0-9]+/slurm_script\n$", job.Output);
        await job.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task A_name_that_the_site_has_not_is_refused_at_submission_with_those_that_it_has()
    {
        var refused = await HookedJob.TrySubmitAsync(slurm, Sleeps, "--comment=docker-nonesuch");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("pisahpc: there is no environment docker-nonesuch; there are docker-debian12, ", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_is_missing_ends_the_job_with_78_and_a_line_and_drains_nothing()
    {
        var job = await HookedJob.SubmitAsync(slurm, Sleeps, ["--comment=docker-missing", .. BothNodes]);
        Assert.Equal("FAILED", await job.EndAsync());
        Assert.Equal("78:0", await job.FieldAsync("ExitCode"));
        Assert.Matches("\\Apisahpc: image-missing on o2wn0[12]: .*pisa/none:1.*\n\\z", job.Output);
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    /// <summary>Their user has files of his own that lead astray, which no mpirun of a job reads.</summary>
    [Fact]
    [Trait(LabPart.Name, LabPart.Alone)]
    public async Task A_user_with_sixty_five_groups_has_them_all_on_both_nodes_whatever_his_ssh_files_say()
    {
        await using var account = await CrowdedAccount.CreateAsync(slurm.Lab);
        await account.WriteSshAsync("config", "Host *\n  ProxyCommand false\n  Port 1\n");
        await account.WriteSshAsync("known_hosts", "* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmbJXX4tTsa1wCnoK3Mx6CVyp4BfYDQmrBNqGLDHu2V\n");
        const string Tells = "#!/bin/sh\nid -G\nmpirun.openmpi --map-by ppr:1:node id -G && mpiexec.mpich -n 2 -ppn 1 id -G\n";
        var job = await HookedJob.SubmitAsync(
            slurm, CrowdedAccount.Name, new Dictionary<string, string?>(), Tells, ["--comment=docker-debian12", .. BothNodes]);
        Assert.Equal("COMPLETED", await job.EndAsync());
        Assert.Equal(Enumerable.Repeat(CrowdedAccount.Groups, 5), job.Output.TrimEnd('\n').Split('\n'));
        await job.AssertNothingLeftAsync();
    }

    /// <summary>Its second component's prolog starts nothing, and the first one's is told of its own component alone.</summary>
    [Fact]
    public async Task A_heterogeneous_job_is_one_job_in_containers_on_the_nodes_of_all_its_components()
    {
        const string Runs = """
            #!/bin/sh
            echo runs on $(uname -n), reaches $(ssh o2wn02 uname -n)
            """;
        var job = await HookedJob.SubmitAsync(
            slurm, Runs, "--comment=docker-tiny", "--nodelist=o2wn01", "--ntasks=2", ":", "--comment=docker-tiny", "--nodelist=o2wn02");
        await job.EndAsync();
        Assert.Equal("runs on o2wn01, reaches o2wn02\n", job.Output);
        await job.AssertNothingLeftAsync();
        await job.With($"{int.Parse(job.Id, System.Globalization.CultureInfo.InvariantCulture) + 1}").AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();

        const string Tells = "echo $(hostname) $(cat /proc/1/comm)";
        string[] step = ["/usr/lib/pisahpc/slurm-job", "sh", "-c", Tells];
        var steps = await RunningProcess.RunAsync(
            "setpriv",
            [
                "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "srun", "--quiet", $"--chdir={slurm.Lab.State.Shared}",
                "--comment=docker-tiny", "--nodelist=o2wn01", "--ntasks=2", .. step, ":",
                "--comment=docker-tiny", "--nodelist=o2wn02", "--ntasks=1", .. step,
            ]);
        Assert.Equal(["o2wn01 docker-init", "o2wn01 docker-init", "o2wn02 docker-init"], steps.EndedWith(0).Lines.Order());
        await HookedSlurm.NoJobsAsync();
        foreach (var node in slurm.Lab.Nodes.Take(2))
        {
            Assert.Empty(Directory.EnumerateFiles(node.PathOf("/run/pisahpc/.slurm")));
        }
    }

    [Fact]
    public async Task Cancelled_while_its_prolog_is_at_it_the_job_is_not_launched_and_nothing_is_left()
    {
        var job = await HookedJob.SubmitAsync(slurm, Sleeps, ["--comment=docker-unready", "--no-requeue", .. BothNodes]);
        await HookedSlurm.UntilAsync("a container of it", async () => (await job.ContainersAsync()).Count > 0);
        await job.CancelAsync();
        Assert.Equal("CANCELLED", await job.EndAsync());
        Assert.Equal("", job.Output);
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    [Fact]
    public async Task A_start_that_takes_too_long_is_taken_back_in_its_own_time()
    {
        var job = await HookedJob.SubmitAsync(slurm, Sleeps, ["--comment=docker-unready", "--no-requeue", .. BothNodes]);
        Assert.Equal("FAILED", await job.EndAsync());
        Assert.Equal("75:0", await job.FieldAsync("ExitCode"));
        Assert.Contains("pisahpc: too-slow on o2wn01: Stopped by its deadline of 20 s", job.Output, StringComparison.Ordinal);
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    [Fact]
    public async Task Cancelled_while_it_runs_it_leaves_nothing()
    {
        const string Traps = "#!/bin/sh\ntrap 'echo told' TERM\necho runs on $(uname -n)\nsleep 600 &\nwait\nwait\n";
        var job = await HookedJob.SubmitAsync(slurm, Traps, ["--comment=docker-tiny", .. BothNodes]);
        await job.SaysAsync("runs on");
        Assert.Equal(2, (await job.ContainersAsync()).Count);
        await job.CancelAsync();
        await HookedSlurm.UntilAsync("it is over but for its epilogs", async () => await job.FieldAsync("JobState") != "RUNNING");
        await RunningProcess.RunAsync("scancel", [job.Id]);
        Assert.Equal("CANCELLED", await job.EndAsync());
        Assert.Contains("told", job.Output, StringComparison.Ordinal);
        Assert.Contains("CANCELLED AT", job.Output, StringComparison.Ordinal);
        await job.AssertNothingLeftAsync();

        // It did not heed TERM: KILL ended it.
        Assert.Equal(("Cancelled", 9), ((string)slurm.Ended(job.Id).Reason, (int)slurm.Ended(job.Id).Signal));
    }

    [Fact]
    public async Task A_script_that_is_killed_and_not_cancelled_was_ended_by_a_signal()
    {
        var job = await HookedJob.SubmitAsync(slurm, "#!/bin/sh\nkill -KILL $$\n", "--comment=docker-tiny");
        Assert.Equal("FAILED", await job.EndAsync());
        await job.AssertNothingLeftAsync();
        Assert.Equal(("Signal", 9), ((string)slurm.Ended(job.Id).Reason, (int)slurm.Ended(job.Id).Signal));
    }

    /// <summary>The warning that the job asked for comes with it, and once; so did one that was sent by hand.</summary>
    [Fact]
    public async Task At_its_time_limit_it_is_warned_and_ended_and_leaves_nothing()
    {
        const string Traps = """
            #!/bin/sh
            trap 'echo warned' USR1
            trap 'echo by hand' USR2
            trap 'exit 1' TERM
            echo runs on $(uname -n)
            sleep 600 &
            while ! wait; do :; done
            """;
        var job = await HookedJob.SubmitAsync(slurm, Traps, ["--comment=docker-tiny", "--time=2", "--signal=B:USR1@1", .. BothNodes]);
        await job.SaysAsync("runs on");
        (await RunningProcess.RunAsync("scancel", ["--batch", "--signal=USR2", job.Id])).EndedWith(0);
        await job.SaysAsync("by hand");
        (await RunningProcess.RunAsync("scontrol", ["update", $"JobId={job.Id}", "EndTime=now"])).EndedWith(0);
        Assert.Equal("TIMEOUT", await job.EndAsync(240));
        Assert.Contains("DUE TO TIME LIMIT", job.Output, StringComparison.Ordinal);
        Assert.Equal((2, 2), (job.Output.Split("warned\n").Length, job.Output.Split("by hand\n").Length));
        await job.AssertNothingLeftAsync();
        Assert.Equal("TimeLimit", (string)slurm.Ended(job.Id).Reason);
    }

    [Fact]
    public async Task Requeued_while_it_runs_it_has_new_containers_and_both_runs_leave_nothing()
    {
        var job = await HookedJob.SubmitAsync(slurm, Sleeps, ["--comment=docker-tiny", "--requeue", .. BothNodes]);
        await job.SaysAsync("runs on");
        var first = await job.ContainersAsync();
        (await RunningProcess.RunAsync("scontrol", ["requeue", job.Id])).EndedWith(0);
        await HookedSlurm.UntilAsync("it runs again", () => Task.FromResult(job.Output.Split("runs on").Length > 2));
        Assert.Equal("1", await job.FieldAsync("Restarts"));
        var second = await job.ContainersAsync();
        Assert.Equal(2, second.Count);
        Assert.Empty(first.Intersect(second));

        // An epilog of the first run that comes late finds nothing to do.
        var late = await slurm.Lab.Nodes[0].RunAsync(
            "env", $"SLURM_JOB_ID={job.Id}", "SLURM_JOB_RESTART_COUNT=0", "SLURMD_NODENAME=o2wn01", "/usr/lib/pisahpc/slurm-epilog");
        late.EndedWith(0);
        Assert.Equal(second, await job.ContainersAsync());
        await job.CancelAsync();
        await job.EndAsync();
        await job.AssertNothingLeftAsync();
    }

    /// <summary>A CPU of each node, since the machine may have two: a node that has no more than was granted needs no quota.</summary>
    [Fact]
    public async Task Its_containers_have_the_CPUs_and_the_memory_of_the_job_on_each_node_and_the_record_what_they_used()
    {
        const string Greedy = """
            #!/bin/sh
            trap 'dd if=/dev/zero of=/dev/null bs=900M count=1; exit 137' USR1
            echo runs on $(uname -n)
            sleep 600 &
            wait
            """;
        var job = await HookedJob.SubmitAsync(slurm, Greedy, "--comment=docker-tiny", "--nodes=2", "--ntasks=2", "--mem=300M");
        await job.SaysAsync("runs on");
        foreach (var container in await job.ContainersAsync())
        {
            var node = slurm.Lab.Nodes.Single(one => one.Name == container.Split(' ')[0]);
            var limits = await node.DockerAsync(
                "inspect", "--format", "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}", container.Split(' ')[1]);
            Assert.Equal("1000000000 314572800", limits.EndedWith(0).Output.Trim());
        }

        (await RunningProcess.RunAsync("scancel", ["--batch", "--signal=USR1", job.Id])).EndedWith(0);
        Assert.Equal("FAILED", await job.EndAsync());
        await job.AssertNothingLeftAsync();
        var ended = slurm.Ended(job.Id);
        Assert.Equal(("OutOfMemory", 137), ((string)ended.Reason, (int)ended.ExitCode));
        Assert.Empty((IEnumerable<string>)ended.Remarks);
        IReadOnlyList<dynamic> nodes = [.. ended.Nodes];
        Assert.All(nodes, node => Assert.Equal(
            (314572800L, 1.0, "Own"), ((long)node.MemoryLimitBytes, (double)node.CpuLimit, (string)node.Placement)));
        Assert.All(nodes, node => Assert.True(node.CpuSeconds > 0 && node.MemoryPeakBytes > 0));
        Assert.True(nodes[0].OomKills >= 1L && nodes[1].OomKills == 0L);
    }

    [Fact]
    public async Task A_script_that_ends_with_137_by_itself_is_no_want_of_memory()
    {
        var job = await HookedJob.SubmitAsync(slurm, "#!/bin/sh\nexit 137\n", "--comment=docker-tiny");
        Assert.Equal("FAILED", await job.EndAsync());
        await job.AssertNothingLeftAsync();
        var ended = slurm.Ended(job.Id);
        Assert.Equal(("Failed", 137), ((string)ended.Reason, (int)ended.ExitCode));
        Assert.Equal(0L, (long)ended.Nodes[0].OomKills);
    }
}
