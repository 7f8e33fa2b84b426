using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

[Collection(LabTests.Name)]
public sealed class JobLifeTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_job_starts_on_all_of_its_nodes_is_found_again_and_stops_without_a_trace()
    {
        await using var job = new LabJob(_shell, lab, "life");

        dynamic started = job.Run("$allocation | Start-HpcJob -Environment tiny").Single();
        Assert.Equal(("Running", true), ((string)started.State.ToString(), (bool)started.Changed));

        using var another = new HostedRunspace();
        dynamic found = another.Run("param($JobId) Get-HpcJob $JobId", new { JobId = job.Id }).Single();
        Assert.Equal(((int)started.Port, "Running", 56), ((int)found.Port, (string)found.State.ToString(), (int)found.TotalSlots));

        dynamic stopped = another.Run("param($JobId) Stop-HpcJob $JobId", new { JobId = job.Id }).Single();
        Assert.Equal(("Stopped", true), ((string)stopped.State.ToString(), (bool)stopped.Changed));
        await lab.AssertNothingLeftAsync(job.Id);

        dynamic again = another.Run("param($JobId) Stop-HpcJob $JobId", new { JobId = job.Id }).Single();
        Assert.Equal(("Stopped", false), ((string)again.State.ToString(), (bool)again.Changed));
    }

    [Fact]
    public async Task Starting_a_running_job_again_changes_nothing()
    {
        await using var job = new LabJob(_shell, lab, "twice");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var before = await job.ContainersAsync(lab.Nodes[0]);

        var run = job.Run("$allocation | Start-HpcJob -Environment tiny");
        dynamic again = run.Single();
        var other = job.Run("$allocation | Start-HpcJob -Environment tiny -Image pisa/hpc:deb12").Succeeded();

        Assert.False((bool)again.Changed);
        Assert.Empty(run.Warnings);
        Assert.Contains(
            "image registry.lab:5000/pisa/tiny:1, not registry.lab:5000/pisa/hpc:deb12",
            Assert.Single(other.Warnings),
            StringComparison.Ordinal);
        Assert.Equal(before, await job.ContainersAsync(lab.Nodes[0]));
    }

    /// <summary>Who comes second waits for the first, or is told that the job is being started; and one pair of keys is on both nodes.</summary>
    [Fact]
    public async Task Of_three_starts_of_a_job_at_the_same_time_one_starts_it_and_the_others_change_nothing()
    {
        await using var job = new LabJob(_shell, lab, "thrice");
        HostedRunspace[] shells = [new(), new(), new()];
        using var together = new Barrier(shells.Length);
        var starts = await Task.WhenAll(shells.Select(shell => Task.Run(() =>
        {
            together.SignalAndWait();
            return job.RunIn(shell, "$allocation | Start-HpcJob -Environment tiny");
        })));
        Array.ForEach(shells, shell => shell.Dispose());

        Assert.All(starts.Where(start => start.Objects.Count == 0), start => start.Failed("JobBeingStarted"));
        var jobs = starts.SelectMany(start => start.Objects).Select(started => (dynamic)started).ToArray();
        Assert.Single(jobs, started => (bool)started.Changed);
        Assert.Single(jobs.Select(started => (int)started.Port).Distinct());
        Assert.All(
            await Task.WhenAll(lab.Nodes.Take(2).Select(job.ContainersAsync)), containers => Assert.Single(containers));
        (await job.LoginAsync(lab.Nodes[0], "true")).EndedWith(0);
        var across = await lab.Nodes[0].RunAsync("ssh", "-F", $"/run/pisahpc/{job.Id}/ssh_config", lab.Nodes[1].Name, "true");
        across.EndedWith(0);
    }

    [Fact]
    public async Task In_the_container_the_user_has_all_groups_and_nothing_runs_as_root()
    {
        await using var job = new LabJob(_shell, lab, "id");
        job.Run("$allocation | Start-HpcJob").Succeeded();

        foreach (var node in lab.Nodes.Take(2))
        {
            var id = await job.LoginAsync(node, "id");
            Assert.Contains("uid=4001(hpcuser)", id.EndedWith(0).Output, StringComparison.Ordinal);
            Assert.Contains("5001", id.Output, StringComparison.Ordinal);
            Assert.Contains("5002", id.Output, StringComparison.Ordinal);

            var container = Assert.Single(await job.ContainersAsync(node));
            var processes = (await node.DockerAsync("top", container, "-eo", "pid,uid,args")).EndedWith(0).Lines.Skip(1).ToArray();
            Assert.NotEmpty(processes);
            Assert.All(processes, process => Assert.Equal("4001", process.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        }
    }

    [Fact]
    public async Task Two_users_jobs_share_a_node_and_neither_can_log_in_to_the_other()
    {
        await using var mine = new LabJob(_shell, lab, "mine");
        await using var theirs = new LabJob(_shell, lab, "theirs");
        mine.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        theirs.Run("$allocation | Start-HpcJob -Environment tiny", owner: "otheruser").Succeeded();
        var node = lab.Nodes[0];

        Assert.Contains("uid=4001", (await mine.LoginAsync(node, "id")).EndedWith(0).Output, StringComparison.Ordinal);
        Assert.Contains("uid=4002", (await theirs.LoginAsync(node, "id")).EndedWith(0).Output, StringComparison.Ordinal);

        var port = (await node.RunAsync("sed", "-n", "s/^Port //p", $"/run/pisahpc/{theirs.Id}/sshd_config")).EndedWith(0).Output.Trim();
        string[] intruder =
        [
            "ssh", "-F", $"/run/pisahpc/{mine.Id}/ssh_config", "-p", port, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        ];
        foreach (var user in (string[])["otheruser", "hpcuser"])
        {
            var refused = await node.RunAsync([.. intruder, "-l", user, node.Name, "true"]);
            Assert.Contains("Permission denied", refused.EndedWith(255).Error, StringComparison.Ordinal);
        }

        var honest = await node.RunAsync("ssh", "-F", $"/run/pisahpc/{mine.Id}/ssh_config", "-p", port, node.Name, "true");
        Assert.Contains("Host key verification failed", honest.EndedWith(255).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIf_touches_nothing_and_predicts_the_job()
    {
        await using var job = new LabJob(_shell, lab, "whatif");

        dynamic planned = job.Run("$allocation | Start-HpcJob -Environment tiny -WhatIf -PassThru").Single();

        Assert.Equal("Planned", (string)planned.State.ToString());
        await lab.AssertNothingLeftAsync(job.Id);
    }
}
