using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>Jobs that are placed into static environments: no container is made for them, and several share one.</summary>
[Collection(LabTests.Name)]
public sealed class PlacedJobTests(PlacedJobLab placed) : IClassFixture<PlacedJobLab>
{
    [Fact]
    public async Task Two_users_jobs_share_the_containers_and_the_end_of_one_is_its_own_whatever_the_other_calls_himself()
    {
        await using var first = placed.NewJob("first");
        await using var second = placed.NewJob("second", "otheruser");
        dynamic started = first.Start();
        Assert.Equal(("Running", placed.Static, true), ((string)started.State, (string)started.Static, (bool)started.Changed));
        Assert.False((bool)((dynamic)first.Run("$allocation | Start-HpcJob -Environment docker-placed -Site $Site").Single()).Changed);
        second.Start();

        dynamic seen = first.Run("Get-HpcJob $JobId -Site $Site").Single();
        Assert.Equal(("Running", placed.Static, "hpcuser", "placed"), ((string)seen.State, (string)seen.Static, (string)seen.Owner, (string)seen.Environment));
        Assert.Equal(
            ["o2wn01 32 pisahpc-static-" + placed.Static, "o2wn02 24 pisahpc-static-" + placed.Static],
            ((IEnumerable<object>)seen.Nodes).Select(node => (dynamic)node).Select(node => $"{node.Name} {node.Slots} {node.Container}"));
        await AssertRunsAsTheUserAsync(first);

        // What left its session, what was stopped and heeds no TERM, and what a setuid program could have freed.
        first.Shell("setsid sh -c 'trap \"\" TERM; sleep 7177 & kill -STOP $$' >/dev/null 2>&1 & (setsid sleep 7178 >/dev/null 2>&1 &)").Succeeded();
        Assert.Contains("NoNewPrivs:\t1", string.Join('\n', first.Shell("cat /proc/self/status").Succeeded().Objects), StringComparison.Ordinal);
        second.Shell(
            $"for name in serve write:{placed.DirectoryOf(first.Id)} {placed.DirectoryOf(first.Id)}/agent/socket; do "
            + "setsid sh -c 'trap \"\" TERM; while :; do sleep 7277; done' \"$name\" \"$name\" >/dev/null 2>&1 & done").Succeeded();

        Assert.True((bool)((dynamic)first.Run("Stop-HpcJob $JobId -GraceSec 1 -Site $Site").Single()).Changed);
        var left = await placed.ProcessesAsync();
        Assert.DoesNotContain("sleep 717", left, StringComparison.Ordinal);
        Assert.Contains("sleep 7277", left, StringComparison.Ordinal);
        Assert.Equal("Running", (string)((dynamic)second.Run("Get-HpcJob $JobId -Site $Site").Single()).State);
    }

    [Fact]
    public async Task A_container_with_jobs_is_neither_restarted_nor_stopped_nor_synced_and_a_running_job_is_no_orphan()
    {
        await using var job = placed.NewJob("stays");
        job.Start();
        Assert.Empty(job.Run("Compare-HpcEnvironment $Static -Site $Site").Succeeded().Objects);
        job.Run("Restart-HpcContainer -Static $Static -Node o2wn01 -Site $Site").Failed("StaticBusy");
        job.Run("Stop-HpcContainer -Static $Static -Node o2wn01 -DrainTimeoutSec 1 -Site $Site").Failed("StaticBusy");
        Assert.Contains("a container of it runs", string.Join(' ', job.Run("Clear-HpcOrphan -JobId $JobId -Site $Site").Warnings), StringComparison.Ordinal);
        Assert.Equal("Running", (string)((dynamic)job.Run("Get-HpcJob $JobId -Site $Site").Single()).State);
        Assert.Equal("Running", (string)((dynamic)job.Run("Get-HpcContainer -Static $Static -Node o2wn01 -Site $Site").Single()).State);

        // Its run is over as soon as its agent is.
        job.Shell("(setsid sleep 7377 >/dev/null 2>&1 &)").Succeeded();
        foreach (var node in placed.Lab.Nodes.Take(2))
        {
            await node.RunInsideAsync("pkill", "-KILL", "-f", $"serve {placed.DirectoryOf(job.Id)}/agent/socket");
        }

        job.Run("Clear-HpcOrphan -JobId $JobId -Site $Site").Succeeded();
        Assert.DoesNotContain("sleep 7377", await placed.ProcessesAsync(), StringComparison.Ordinal);
        Assert.Empty(await placed.Lab.TracesOfAsync(job.Id));
    }

    [Fact]
    public async Task A_start_whose_caller_is_killed_is_finished_by_a_stop()
    {
        await using var job = placed.NewJob("abandoned");
        using (var caller = placed.Start(
            $"Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 32, 24 -JobId {job.Id} -Owner hpcuser | Start-HpcJob -Environment placed"))
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (!File.Exists(placed.Node.PathOf($"/run/pisahpc/.placed/{job.Id}")))
            {
                await Task.Delay(5, patience.Token);
            }

            await caller.SignalAsync("KILL");
        }

        Assert.True((bool)((dynamic)job.Run("Stop-HpcJob $JobId -Site $Site").Single()).Changed);
        Assert.Empty(await placed.Lab.TracesOfAsync(job.Id));
    }

    [Fact]
    public async Task Ranks_of_MPI_run_on_both_nodes_with_the_jobs_uneven_slots()
    {
        await using var job = placed.NewJob("mpi");
        job.Run("$allocation | Start-HpcJob -Environment placed -Site $Site").Succeeded();
        var objects = job.Run(
            "Invoke-ContainerMpi -JobId $JobId -Command /opt/pisahpc-lab/bin/mpi-hello-openmpi -TimeoutSec 90 -Site $Site").Succeeded().Objects;
        dynamic result = objects[^1];
        Assert.Equal(("Succeeded", 56), ((string)result.Outcome.ToString(), (int)result.Ranks));
        var lines = objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).ToArray();
        Assert.Equal(32, lines.Count(line => line.Node == "o2wn01"));
        Assert.Equal(24, lines.Count(line => line.Node == "o2wn02"));
    }

    [Fact]
    public async Task A_run_of_MPI_places_a_job_for_itself_and_takes_it_away()
    {
        await using var job = placed.NewJob("once");
        dynamic result = job.Run(
            "$allocation | Invoke-ContainerMpi -Static $Static -Command /opt/pisahpc-lab/bin/mpi-hello-openmpi -Quiet -TimeoutSec 90 -Site $Site").Single();
        Assert.Equal(("Succeeded", 56), ((string)result.Outcome.ToString(), (int)result.Ranks));
        Assert.Empty(await placed.Lab.TracesOfAsync(job.Id));
        job.Run("$allocation | Invoke-ContainerMpi -Static $Static -Command hostname -Site $Site -WhatIf").Succeeded();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_ends_a_run_of_MPI_and_takes_away_the_job_that_it_placed(bool whenRanksRun)
    {
        await using var job = placed.NewJob("interrupted");
        using var caller = placed.Start(
            $"Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 32, 24 -JobId {job.Id} -Owner hpcuser | Invoke-ContainerMpi -Static {placed.Static} "
            + "-Command sh -ArgumentList '-c', 'trap \"\" TERM INT HUP; sleep 7477 & wait; sleep 7477' -Quiet");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (whenRanksRun ? await RanksAsync() < 32 : !File.Exists(placed.Node.PathOf($"/run/pisahpc/.placed/{job.Id}")))
        {
            await Task.Delay(5, patience.Token);
        }

        await caller.SignalAsync("INT");
        var end = (await caller.EndAsync(TimeSpan.FromSeconds(10))).EndedWith(130);
        Assert.Contains($"Job {job.Id}: a port and keys were taken back from o2wn", end.Error, StringComparison.Ordinal);
        Assert.Equal(0, await RanksAsync());
        Assert.Empty(await placed.Lab.TracesOfAsync(job.Id));

        async Task<int> RanksAsync() =>
            (await placed.ProcessesAsync()).Split('\n').Count(line => line.EndsWith(" sleep 7477", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_killed_agent_leaves_goes_with_the_next_start()
    {
        await using var job = placed.NewJob("killed");
        job.Run("$allocation | Start-HpcJob -Environment placed -Site $Site").Succeeded();
        job.Run("Invoke-HpcJob $JobId sh '-c', 'setsid sleep 7377 >/dev/null 2>&1 &' -Site $Site").Succeeded();
        (await placed.Node.RunInsideAsync("pkill", "-KILL", "-f", $"serve {placed.DirectoryOf(job.Id)}/agent/socket")).EndedWith(0);
        Assert.Equal("Degraded", (string)((dynamic)job.Run("Get-HpcJob $JobId -Site $Site").Single()).State);

        Assert.True((bool)((dynamic)job.Run("$allocation | Start-HpcJob -Environment placed -Site $Site").Single()).Changed);
        var left = await placed.ProcessesAsync();
        Assert.DoesNotContain("sleep 7377", left, StringComparison.Ordinal);
        Assert.Equal("Running", (string)((dynamic)job.Run("Get-HpcJob $JobId -Site $Site").Single()).State);
    }

    [Fact]
    public async Task A_node_without_a_running_container_or_a_drained_one_takes_no_job_and_nothing_is_changed()
    {
        await using var job = placed.NewJob("refused");
        var absent = job.Run("$allocation | Start-HpcJob -Environment absent -Site $Site").ErrorIds;
        Assert.Equal(["StaticNotRunning", "JobNotStarted"], absent);
        var elsewhere = job.Run("$allocation | Start-HpcJob -Environment elsewhere -Site $Site").ErrorIds;
        Assert.Equal(["JobNotStarted", "StaticNotDeclared", "StaticNotRunning"], elsewhere.Order());
        job.Run("$allocation | Start-HpcJob -Environment placed -Memory 1g -Site $Site").Failed("PlanConflict");

        (await placed.Node.DockerAsync("exec", placed.Container, "sh", "-c", "echo away >/etc/nologin")).EndedWith(0);
        try
        {
            var drained = job.Run("$allocation | Start-HpcJob -Environment placed -Site $Site");
            Assert.Equal(["StaticDrained", "JobRolledBack"], drained.ErrorIds);
            Assert.Contains("away", drained.Errors[0].ToString(), StringComparison.Ordinal);
        }
        finally
        {
            (await placed.Node.DockerAsync("exec", placed.Container, "rm", "/etc/nologin")).EndedWith(0);
        }

        Assert.Empty(await placed.Lab.TracesOfAsync(job.Id));
    }

    /// <summary>By the cmdlet, by the job's own ssh to the other node, and by the client that the batch system's wrapper uses.</summary>
    private async Task AssertRunsAsTheUserAsync(PlacedJob job)
    {
        const string User = "uid=4001(hpcuser) gid=4001";
        var id = job.Run("Invoke-HpcJob $JobId id -Node o2wn02 -Site $Site").Succeeded().Objects;
        Assert.StartsWith(User, id[0].ToString(), StringComparison.Ordinal);
        Assert.All((string[])["5001", "5002"], group => Assert.Contains(group, id[0].ToString(), StringComparison.Ordinal));
        var login = await placed.Node.RunAsync("ssh", "-F", $"{placed.DirectoryOf(job.Id)}/ssh_config", "o2wn02", "id; tr '\\0' '\\n' </proc/1/cmdline");
        Assert.StartsWith(User, login.EndedWith(0).Output, StringComparison.Ordinal);
        var kept = job.Run("Remove-JobSshConfig $JobId -Node o2wn01 -Site $Site").Failed("InvalidValue").ToString();
        Assert.Contains("placed into a static environment", kept, StringComparison.Ordinal);
        var program = (await placed.Node.RunAsync("sh", "-c", "ls -t /run/pisahpc/.agent/*/pisahpc-run | head -n 1")).EndedWith(0).Output.Trim();
        var client = await placed.Node.RunAsync(
            "setpriv", "--reuid", "4001", "--regid", "4001", "--clear-groups", program,
            "--socket", $"{placed.DirectoryOf(job.Id)}/agent/socket", "--cd", "/", "--", "id");
        Assert.StartsWith(User, client.EndedWith(0).Output, StringComparison.Ordinal);
    }
}
