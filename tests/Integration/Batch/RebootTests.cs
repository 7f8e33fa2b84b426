using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>A node that loses its power while a job runs on it, and is swept before its slurmd comes back.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class RebootTests
{
    private const string Third = "o2wn03";

    [Fact]
    public async Task The_jobs_containers_go_and_everybody_elses_stay()
    {
        var lab = await LabFixture.WithNodesAsync(3);
        await RunLabAsync("up");
        await using var job = await GrantedJob.StartAsync(lab, $"--nodelist={Third}", "--ntasks=1", "--no-requeue");
        (await RunningProcess.RunAsync("cp", [Repository.Hook, HookIn(lab)])).EndedWith(0);
        string[] others = [$"foreign-{job.Id}", $"static-{job.Id}"];
        (await NodeOf(lab).DockerAsync("run", "--detach", "--name", others[0], "pisa/tiny:1", "sleep", "1000")).EndedWith(0);
        (await NodeOf(lab).DockerAsync(
            "run", "--detach", "--name", others[1], "--label", "pisahpc.schema=2", "--label", "pisahpc.static=cs7", "--label",
            "pisahpc.boot=earlier", "pisa/tiny:1", "sleep", "1000")).EndedWith(0);
        try
        {
            Assert.DoesNotContain(job.Id, (await SweepAsync(lab)).EndedWith(0).Output, StringComparison.Ordinal);
            await RunLabAsync("reboot", Third);
            await lab.InitializeAsync();
            Assert.EndsWith(" exited", await job.ContainersAsync(Third), StringComparison.Ordinal);

            Assert.Contains(
                $"job {job.Id} would be removed from {Third}: the node was booted since",
                (await SweepAsync(lab, "-WhatIf")).EndedWith(0).Output,
                StringComparison.Ordinal);
            Assert.Contains($"job {job.Id} is removed from {Third}", (await SweepAsync(lab)).EndedWith(0).Output, StringComparison.Ordinal);

            Assert.Equal("", await job.ContainersAsync(Third));
            Assert.DoesNotContain(job.Id, (await SweepAsync(lab)).EndedWith(0).Output, StringComparison.Ordinal);
            Assert.All(others, name => Assert.Contains(name, NamesOn(lab), StringComparison.Ordinal));
        }
        finally
        {
            await RunLabAsync("up");
            await lab.InitializeAsync();
            (await NodeOf(lab).DockerAsync(["rm", "--force", .. others])).EndedWith(0);
            File.Delete(HookIn(lab));
        }

        await job.EndAsync();
        var end = await RunningProcess.RunAsync(Repository.Hook, ["sweep", job.Id, "-Site", lab.State.Site, "-EndedForSec", "0"]);
        Assert.Contains($"job {job.Id} is removed from {Third}: Slurm: ", end.EndedWith(0).Output, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(job.Id);
    }

    private static LabNode NodeOf(LabFixture lab) => lab.Nodes.Single(node => node.Name == Third);

    /// <summary>A checkout may lie where nodes have mounts of their own.</summary>
    private static string HookIn(LabFixture lab) => Path.Combine(lab.State.Shared, "pisahpc-hook-of-reboot");

    private static string NamesOn(LabFixture lab) =>
        NodeOf(lab).DockerAsync("ps", "--all", "--format", "{{.Names}}").GetAwaiter().GetResult().EndedWith(0).Output;

    /// <summary>As the node's own unit does, before its slurmd starts.</summary>
    private static Task<ProcessResult> SweepAsync(LabFixture lab, params string[] options) =>
        NodeOf(lab).RunInsideAsync([HookIn(lab), "sweep", "-Boot", "-Site", lab.State.Site, .. options]);

    private static async Task RunLabAsync(params string[] arguments) => (await RunningProcess.RunAsync(
        Path.Combine(Repository.Root, "lab", "lab.sh"), arguments, patience: TimeSpan.FromMinutes(5))).EndedWith(0);
}
