using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>Ranks that srun starts in a job's containers, by the PMI of the lab's Slurm.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class SrunTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    private const string Programs = "/opt/pisahpc-lab/bin/mpi-hello-";

    private const string Enter = "exec /usr/lib/pisahpc/slurm-job \"$@\"";

    private readonly string _name = $"ranks-{Guid.NewGuid():N}";

    /// <summary>With the type of srun's that the ranks speak. An MPICH before 4.2 may hang in MPI_Finalize, whatever started it.</summary>
    public static TheoryData<string, string, string> Implementations => new()
    {
        { "openmpi", "pmix", "docker-debian12" },
        { "mpich", "pmi2", "docker-debian13-mpich" },
    };

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task Fifty_six_ranks_are_32_and_24_in_containers_as_the_user(string mpi, string type, string environment)
    {
        var end = (await RunAsync(type, environment, ["--ntasks=56", Programs + mpi])).EndedWith(0);
        Assert.Equal(
            Enumerable.Range(0, 56).Select(rank =>
                $"rank {rank} of 56 on {(rank < 32 ? "o2wn01" : "o2wn02")} uid=4001 gid=4001 groups=4001,5001,5002 sum=1540")
                .Order(StringComparer.Ordinal),
            end.Lines.Where(line => !IsJob(line)).Order(StringComparer.Ordinal));
        await NothingIsLeftAsync(end.Output);
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_rank_s_exit_code_is_the_steps(string mpi, string type, string environment)
    {
        var end = await RunAsync(type, environment, ["--ntasks=2", Programs + mpi, "--exit-code", "1", "7"]);
        await NothingIsLeftAsync(end.EndedWith(7).Output);
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task Cancelled_ranks_end_on_every_node(string mpi, string type, string environment)
    {
        var running = RunAsync(type, environment, ["--ntasks=4", Programs + mpi, "--sleep", "777"]);
        await HookedSlurm.UntilAsync("its ranks run", () => Task.FromResult(CountRanks() == 4));
        (await RunningProcess.RunAsync("scancel", ["--name", _name])).EndedWith(0);
        var end = await running;
        Assert.NotEqual(0, end.ExitCode);
        await NothingIsLeftAsync(end.Output);
        Assert.Equal(0, CountRanks());
    }

    /// <summary>A wrapper of the user's has closed PMI_FD's descriptor, as Python's subprocess does.</summary>
    [Fact]
    public async Task Ranks_that_lost_their_way_to_each_other_are_refused_in_place_of_running_alone()
    {
        const string Wrapped = $"eval \"exec $PMI_FD>&-\"; {Enter}";
        var end = await RunAsync(
            "pmi2", "docker-debian13-mpich", ["--ntasks=2", Programs + "mpich"], $"exec bash -c '{Wrapped}' bash \"$@\"");
        Assert.Contains("pisahpc-run: PMI_FD is not open", end.EndedWith(78).Error, StringComparison.Ordinal);
        await NothingIsLeftAsync(end.Output);
    }

    /// <summary>As Invoke-ContainerMpi's do, which reads the same line.</summary>
    [Fact]
    public async Task Ranks_talk_by_the_network_that_the_start_of_the_job_has_found()
    {
        const string Tells = """
            read -r _ network _ <"/run/pisahpc/$SLURM_JOB_ID/network"
            echo "$network is $OMPI_MCA_btl_tcp_if_include"
            """;
        var end = (await RunAsync("none", "docker-tiny", ["--ntasks=2", "sh", "-c", Tells])).EndedWith(0);
        Assert.Equal(
            Enumerable.Repeat("10.10.13.0/24 is 10.10.13.0/24", 2), end.Lines.Where(line => line.Length > 0 && !IsJob(line)));
        await NothingIsLeftAsync(end.Output);
    }

    /// <summary>The ranks on all of the lab's nodes, whose processes this machine sees.</summary>
    private static int CountRanks() => LabProcess.All().Count(process =>
        process.Arguments is [var program, _, "777"] && program.StartsWith(Programs, StringComparison.Ordinal));

    /// <summary>Runs ranks. The first task says which job it is of, before it goes into the container.</summary>
    private async Task<ProcessResult> RunAsync(string type, string environment, string[] rest, string enter = Enter)
    {
        try
        {
            return await RunningProcess.RunAsync(
                "setpriv",
                [
                    "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "srun", $"--mpi={type}", $"--comment={environment}",
                    "--nodelist=o2wn01,o2wn02", "--distribution=block", "--time=5", $"--job-name={_name}",
                    $"--chdir={slurm.Lab.State.Shared}/home/hpcuser", rest[0], "sh", "-c",
                    $"[ $SLURM_PROCID != 0 ] || echo job=$SLURM_JOB_ID; {enter}", "sh", .. rest[1..],
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
