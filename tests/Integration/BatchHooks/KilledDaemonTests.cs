using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Images;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>Jobs whose hooks or whose slurmd are killed, and one whose image does not come in time.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class KilledDaemonTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    private const string Waits = "#!/bin/sh\necho runs\nuntil [ -e go.$SLURM_JOB_ID ]; do sleep 0.1; done\necho done\n";
    private static readonly string[] BothNodes = ["--nodelist=o2wn01,o2wn02", "--ntasks=2"];

    [Fact]
    public async Task A_killed_program_of_the_prologs_is_a_line_for_the_user_and_drains_nothing()
    {
        var job = await StartingAsync("--no-requeue");
        await KillAsync(process => process.Arguments is ["/usr/lib/pisahpc/pisahpc-hook", "start", ..]);
        Assert.Equal("FAILED", await job.EndAsync());
        Assert.Equal("pisahpc: hook-killed on o2wn01: pisahpc-hook was killed\n", job.Output);
        Assert.Equal("75:0", await job.FieldAsync("ExitCode"));
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    /// <summary>Slurm drains the node and holds the job, whatever the prolog was.</summary>
    [Fact]
    public async Task What_a_killed_prolog_had_started_its_epilog_takes_off()
    {
        var job = await StartingAsync("--requeue");
        await KillAsync(process => process.Arguments is [_, "/usr/lib/pisahpc/slurm-prolog"]);
        await HookedSlurm.UntilAsync(
            "the node is drained", async () => (await StateAsync("o2wn01")).Contains("Prolog error", StringComparison.Ordinal));
        await HookedSlurm.UntilAsync("nothing is left", async () => (await slurm.Lab.TracesOfAsync(job.Id)).Count == 0);
        await job.CancelAsync();
        await job.EndAsync();
        await BackAsync("o2wn01");
        await job.AssertNothingLeftAsync();
        await AJobRunsAsync();
    }

    [Fact]
    public async Task A_job_goes_on_while_itsslurmd_is_killed_and_its_epilog_runs_when_that_is_back()
    {
        var job = await HookedJob.SubmitAsync(slurm, Waits, ["--comment=docker-tiny", .. BothNodes]);
        await job.SaysAsync("runs");
        await KillSlurmdAsync("o2wn02");
        await StartSlurmdAsync("o2wn02");
        Go(job);
        Assert.Equal("COMPLETED", await job.EndAsync());
        Assert.Equal("runs\ndone\n", job.Output);
        await NothingIsLeftAsync(job);
    }

    /// <summary>
    /// Slurm is told what it would find out by itself when SlurmdTimeout has passed. The node has the job's script: its slurmd, when it is
    /// back, runs an epilog that is told nothing, and for what the job had beside its nodes there is the sweep.
    /// </summary>
    [Fact]
    public async Task Of_a_job_that_lost_its_first_node_the_other_is_clean_at_once_and_that_one_when_it_is_back()
    {
        var job = await HookedJob.SubmitAsync(slurm, Waits, ["--comment=docker-tiny", "--no-requeue", .. BothNodes]);
        await job.SaysAsync("runs");
        await KillSlurmdAsync("o2wn01");
        (await RunningProcess.RunAsync("scontrol", ["update", "NodeName=o2wn01", "State=DOWN", "Reason=lost"])).EndedWith(0);
        Assert.Equal("NODE_FAIL", await job.EndAsync());
        Assert.StartsWith("o2wn01 ", Assert.Single(await job.ContainersAsync()), StringComparison.Ordinal);

        await StartSlurmdAsync("o2wn01");
        await BackAsync("o2wn01");
        await HookedSlurm.UntilAsync("its containers are gone", async () => (await job.ContainersAsync()).Count == 0);
        await HookedSlurm.UntilAsync("its epilog is over", () => Task.FromResult(
            !Directory.EnumerateFiles(NodeOf("o2wn01").PathOf("/run/pisahpc/.slurm"), job.Id + ".*").Any()));
        (await RunningProcess.RunAsync(Repository.Hook, ["sweep", job.Id, "-Site", slurm.Site, "-EndedForSec", "0"])).EndedWith(0);
        Assert.Equal("NodeLost", (string)slurm.Ended(job.Id).Reason);
        await NothingIsLeftAsync(job);
        await AJobRunsAsync();
    }

    /// <summary>A registry behind a link by which the image takes minutes. The deadline is made short for the three runs.</summary>
    [Fact]
    public async Task A_pull_that_is_slower_than_the_deadline_is_given_up_and_the_job_requeued_twice_and_ended_with_75()
    {
        await using var registry = await ThrowAwayRegistry.StartAsync(slurm.Lab.Nodes, "200kbit");
        var image = $"{registry.Name}/{HookedSlurm.SlowImage}";
        const string Settings = "/usr/lib/pisahpc/slurm-settings";
        const int Deadline = 8;
        var (settings, site) = (await File.ReadAllTextAsync(Settings), await File.ReadAllTextAsync(slurm.Site));
        try
        {
            await PublishAsync(image);
            await File.WriteAllTextAsync(slurm.Site, site.Replace(HookedSlurm.SlowImage, image, StringComparison.Ordinal));
            await File.WriteAllTextAsync(
                Settings, settings.Replace($"deadline {HookedSlurm.DeadlineSec}\n", $"deadline {Deadline}\n", StringComparison.Ordinal));
            var job = await HookedJob.SubmitAsync(slurm, Waits, ["--comment=docker-slow", "--requeue", .. BothNodes]);
            Assert.Equal("FAILED", await job.EndAsync());
            Assert.Equal(("75:0", "2"), (await job.FieldAsync("ExitCode"), await job.FieldAsync("Restarts")));
            var told = job.Output.Split('\n').Where(line => line.StartsWith("pisahpc: ", StringComparison.Ordinal)).ToArray();
            Assert.All(told, line => Assert.StartsWith("pisahpc: too-slow on o2wn01: Stopped by its deadline of ", line, StringComparison.Ordinal));
            Assert.Equal([true, true, false], told.Select(line => line.EndsWith(" (requeued)", StringComparison.Ordinal)));
            await job.AssertNothingLeftAsync();
            await HookedSlurm.AssertNoNodeIsDrainedAsync();
        }
        finally
        {
            await File.WriteAllTextAsync(Settings, settings);
            await File.WriteAllTextAsync(slurm.Site, site);
        }
    }

    /// <summary>A job in its prolog, which has started a container and waits.</summary>
    private async Task<HookedJob> StartingAsync(string option)
    {
        var job = await HookedJob.SubmitAsync(slurm, Waits, ["--comment=docker-unready", option, .. BothNodes]);
        await HookedSlurm.UntilAsync("containers of it", async () => (await job.ContainersAsync()).Count == 2);
        return job;
    }

    private async Task AJobRunsAsync()
    {
        var job = await HookedJob.SubmitAsync(slurm, "#!/bin/sh\ntrue\n", ["--comment=docker-tiny", .. BothNodes]);
        Assert.Equal("COMPLETED", await job.EndAsync());
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    private async Task NothingIsLeftAsync(HookedJob job)
    {
        File.Delete(GoFile(job));
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    private void Go(HookedJob job) => File.WriteAllText(GoFile(job), "");

    private string GoFile(HookedJob job) => Path.Combine(slurm.Lab.State.Shared, "home", "hpcuser", $"go.{job.Id}");

    private LabNode NodeOf(string name) => slurm.Lab.Nodes.Single(node => node.Name == name);

    /// <summary>Publishes an image with a layer that no node has.</summary>
    private async Task PublishAsync(string image)
    {
        var node = NodeOf("o2wn01");
        var name = $"slow-{Guid.NewGuid():N}";
        (await node.DockerAsync("run", "--name", name, "pisa/tiny:1", "sh", "-c", "head -c 4000000 /dev/urandom >/slow")).EndedWith(0);
        (await node.DockerAsync("commit", name, image)).EndedWith(0);
        (await node.DockerAsync("rm", name)).EndedWith(0);
        (await node.DockerAsync("push", image)).EndedWith(0);
        (await node.DockerAsync("image", "rm", image)).EndedWith(0);
    }

    private static Task KillSlurmdAsync(string node) => KillAsync(process => IsSlurmd(process, node));

    /// <summary>Starts it as the lab does, and has the lab know it: what lab.sh writes into slurm.conf is without the hooks.</summary>
    private async Task StartSlurmdAsync(string node)
    {
        // Its first process may end with 1 although the daemon has started (slurmd 22.05): whether it runs is looked for.
        await NodeOf(node).RunInsideAsync("sh", "-c", $"slurmd -f {slurm.Configuration} -N {node} </dev/null >/dev/null 2>&1");
        LabProcess? daemon = null;
        await HookedSlurm.UntilAsync($"slurmd of {node} runs", () =>
        {
            daemon = LabProcess.All().FirstOrDefault(process => IsSlurmd(process, node));
            return Task.FromResult(daemon is not null);
        });
        const string Record = ". lab/lib/process.sh; process_record \"$1/nodes/$2/slurmd.pid\" \"$3\"";
        (await RunningProcess.RunAsync(
            "bash", ["-c", Record, "bash", Path.GetDirectoryName(slurm.Lab.State.Site)!, node, daemon!.Id])).EndedWith(0);
    }

    private static bool IsSlurmd(LabProcess process, string node) => process.Arguments is ["slurmd", .., var name] && name == node;

    private static async Task KillAsync(Func<LabProcess, bool> isIt)
    {
        var found = LabProcess.All().Where(isIt).Select(process => process.Id).ToArray();
        Assert.NotEmpty(found);

        // Of several the first may take the others with it.
        await RunningProcess.RunAsync("kill", ["-KILL", .. found]);
    }

    private static async Task<string> StateAsync(string node) =>
        (await RunningProcess.RunAsync("sinfo", ["--noheader", "--Node", $"--nodes={node}", "--format=%T %E"])).EndedWith(0).Output;

    /// <summary>Has Slurm use a node again, which it may do by itself when its slurmd is back.</summary>
    private static Task BackAsync(string node) => HookedSlurm.UntilAsync($"{node} is used again", async () =>
    {
        var state = (await StateAsync(node)).Trim();
        if (state.StartsWith("down", StringComparison.Ordinal) || state.StartsWith("drain", StringComparison.Ordinal))
        {
            await RunningProcess.RunAsync("scontrol", ["update", $"NodeName={node}", "State=RESUME"]);
        }

        return state == "idle none";
    });
}
