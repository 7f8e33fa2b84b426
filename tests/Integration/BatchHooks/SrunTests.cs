using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>Ranks that srun starts in a job's containers, by the PMI of the lab's Slurm.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class SrunTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    private const string Program = "/opt/pisahpc-lab/bin/mpi-hello-openmpi";

    /// <summary>The first task says which job it is of, before it goes into the container.</summary>
    private const string First = "[ $SLURM_PROCID != 0 ] || echo job=$SLURM_JOB_ID; exec /usr/lib/pisahpc/slurm-job \"$@\"";

    private readonly string _name = $"ranks-{Guid.NewGuid():N}";

    [Fact]
    public async Task Fifty_six_ranks_are_32_and_24_in_containers_as_the_user()
    {
        var end = (await RunAsync("--ntasks=56", Program)).EndedWith(0);
        Assert.Equal(
            Enumerable.Range(0, 56).Select(rank =>
                $"rank {rank} of 56 on {(rank < 32 ? "o2wn01" : "o2wn02")} uid=4001 gid=4001 groups=4001,5001,5002 sum=1540")
                .Order(StringComparer.Ordinal),
            end.Lines.Where(line => !IsJob(line)).Order(StringComparer.Ordinal));
        await NothingIsLeftAsync(end.Output);
    }

    [Fact]
    public async Task A_rank_s_exit_code_is_the_steps()
    {
        await NothingIsLeftAsync((await RunAsync("--ntasks=2", Program, "--exit-code", "1", "7")).EndedWith(7).Output);
    }

    [Fact]
    public async Task Cancelled_ranks_end_on_every_node()
    {
        var running = RunAsync("--ntasks=4", Program, "--sleep", "777");
        await HookedSlurm.UntilAsync("its ranks run", () => Task.FromResult(CountRanks() == 4));
        (await RunningProcess.RunAsync("scancel", ["--name", _name])).EndedWith(0);
        var end = await running;
        Assert.NotEqual(0, end.ExitCode);
        await NothingIsLeftAsync(end.Output);
        Assert.Equal(0, CountRanks());
    }

    /// <summary>The ranks on all of the lab's nodes, whose processes this machine sees.</summary>
    private static int CountRanks() =>
        LabProcess.All().Count(process => process.Arguments is [Program, ..] && process.Arguments.Contains("777"));

    private async Task<ProcessResult> RunAsync(params string[] rest)
    {
        try
        {
            return await RunningProcess.RunAsync(
                "setpriv",
                [
                    "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "srun", "--mpi=pmix", "--comment=docker-debian12",
                    "--nodelist=o2wn01,o2wn02", "--distribution=block", "--time=5", $"--job-name={_name}",
                    $"--chdir={slurm.Lab.State.Shared}/home/hpcuser", rest[0], "sh", "-c", First, "sh", .. rest[1..],
                ],
                patience: TimeSpan.FromMinutes(3));
        }
        finally
        {
            // Of a step that hangs the others would wait for the nodes.
            (await RunningProcess.RunAsync("scancel", ["--name", _name])).EndedWith(0);
        }
    }

    private static bool IsJob(string line) => line.StartsWith("job=", StringComparison.Ordinal);

    /// <summary>Waits for the job's end, and looks for what it left: other jobs may have what they have.</summary>
    private async Task NothingIsLeftAsync(string output)
    {
        var job = HookedJob.Of(slurm, Assert.Single(output.Split('\n'), IsJob)["job=".Length..]);
        await job.EndAsync();
        await job.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }
}
