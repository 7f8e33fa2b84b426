using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>A job of the lab's real Slurm on a node that cannot set it up, by the node's own fault.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
public sealed class BrokenNodeTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    private const string Script = "#!/bin/sh\ntrue\n";
    private static readonly string[] BothNodes = ["--nodes=2", "--ntasks=4"];

    [Fact]
    public async Task An_engine_that_is_down_on_the_second_node_is_named_and_the_first_is_left_clean_and_the_site_may_have_it_drained()
    {
        HookedJob job = null!;
        await using var other = await CrowdedAccount.CreateAsync(slurm.Lab);
        await slurm.Lab.Nodes[1].WithoutEngineAsync(async () =>
        {
            job = await FailToStartAsync();
            await HookedSlurm.AssertNoNodeIsDrainedAsync();
            slurm.WriteSite("batch: { drain: { after: 2, perHour: 1 } }");
            try
            {
                await FailToStartAsync(CrowdedAccount.Name);
                await HookedSlurm.AssertNoNodeIsDrainedAsync();
                var last = await FailToStartAsync();
                Assert.Equal(
                    ["o2wn01 none", $"o2wn02 pisahpc: engine-unavailable: 2 jobs in a row not set up here, {last.Id} the last"],
                    (await RunningProcess.RunAsync("sinfo", ["--noheader", "--Node", "--nodes=o2wn[01-02]", "--format=%N %E"])).EndedWith(0).Lines);
            }
            finally
            {
                await HookedSlurm.ResumeAsync("o2wn02");
                slurm.WriteSite();
            }
        });
        Assert.Contains("pisahpc: engine-unavailable on o2wn02: ", job.Output, StringComparison.Ordinal);

        // The second node could not be asked: the next epilog there asks it again.
        var next = await HookedJob.SubmitAsync(slurm, Script, ["--comment=docker-tiny", .. BothNodes]);
        Assert.Equal("COMPLETED", await next.EndAsync());
        await next.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
        await job.AssertNothingLeftAsync();
    }

    private async Task<HookedJob> FailToStartAsync(string user = HookedJob.User)
    {
        var job = await HookedJob.SubmitAsync(
            slurm, user, new Dictionary<string, string?>(), Script, ["--comment=docker-tiny", "--no-requeue", .. BothNodes]);
        Assert.Equal("FAILED", await job.EndAsync());
        Assert.Equal("75:0", await job.FieldAsync("ExitCode"));
        return job;
    }
}
