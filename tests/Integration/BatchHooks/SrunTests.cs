using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>Ranks that srun starts in a job's containers, by the PMI of the lab's Slurm.</summary>
[Collection(LabTests.Name)]
public sealed class SrunTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    private const string Programs = "/opt/pisahpc-lab/bin/mpi-hello-";

    private readonly string _name = $"ranks-{Guid.NewGuid():N}";

    /// <summary>
    /// MPICH in few ranks: with many more than there are cores, Debian's over UCX spins in MPI_Finalize for minutes, whatever started it.
    /// </summary>
    [Theory]
    [InlineData("pmix", "docker-debian12", "openmpi", 32, 24)]
    [InlineData("pmi2", "docker-debian12-mpich", "mpich", 1, 1)]
    public async Task Ranks_are_where_Slurm_has_them_in_containers_as_the_user(string mpi, string environment, string program, int first, int second)
    {
        var count = first + second;
        var end = (await RunAsync(mpi, environment, $"--ntasks={count}", Programs + program)).EndedWith(0);
        Assert.Equal(
            Enumerable.Range(0, count).Select(rank =>
                $"rank {rank} of {count} on {(rank < first ? "o2wn01" : "o2wn02")} uid=4001 gid=4001 groups=4001,5001,5002 sum={count * (count - 1) / 2}")
                .Order(StringComparer.Ordinal),
            end.Lines.Order(StringComparer.Ordinal));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("pmix", "docker-debian12", "openmpi")]
    [InlineData("pmi2", "docker-debian12-mpich", "mpich")]
    public async Task A_rank_s_exit_code_is_the_steps(string mpi, string environment, string program)
    {
        (await RunAsync(mpi, environment, "--ntasks=2", Programs + program, "--exit-code", "1", "7")).EndedWith(7);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Cancelled_ranks_end_on_every_node()
    {
        var running = RunAsync("pmix", "docker-debian12", "--ntasks=4", Programs + "openmpi", "--sleep", "777");
        await HookedSlurm.UntilAsync("its ranks run", () => Task.FromResult(CountRanks() == 4));
        (await RunningProcess.RunAsync("scancel", ["--name", _name])).EndedWith(0);
        Assert.NotEqual(0, (await running).ExitCode);
        await NothingIsLeftAsync();
        Assert.Equal(0, CountRanks());
    }

    /// <summary>The ranks on all of the lab's nodes, whose processes this machine sees.</summary>
    private static int CountRanks() => Directory.GetDirectories("/proc").Select(process => TextOf(Path.Combine(process, "cmdline")))
        .Count(command => command.StartsWith(Programs, StringComparison.Ordinal) && command.Contains("\0777\0", StringComparison.Ordinal));

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return ""; // It ended meanwhile.
        }
    }

    private async Task<ProcessResult> RunAsync(string mpi, string environment, params string[] rest)
    {
        try
        {
            return await RunningProcess.RunAsync(
                "setpriv",
                [
                    "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "srun", $"--mpi={mpi}", $"--comment={environment}",
                    "--nodelist=o2wn01,o2wn02", "--distribution=block", "--time=5", $"--job-name={_name}",
                    $"--chdir={slurm.Lab.State.Shared}/home/hpcuser", rest[0], "/usr/lib/pisahpc/slurm-job", .. rest[1..],
                ],
                patience: TimeSpan.FromMinutes(3));
        }
        finally
        {
            // Of a step that hangs the others would wait for the nodes.
            (await RunningProcess.RunAsync("scancel", ["--name", _name])).EndedWith(0);
        }
    }

    private async Task NothingIsLeftAsync()
    {
        await HookedSlurm.NoJobsAsync();
        foreach (var node in slurm.Lab.Nodes)
        {
            var left = await node.DockerAsync("ps", "--all", "--quiet", "--filter", "label=pisahpc.scheduler=Slurm");
            Assert.Equal("", left.EndedWith(0).Output.Trim());
        }

        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }
}
