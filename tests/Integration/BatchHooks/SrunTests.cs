using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>Ranks that srun starts in a job's containers, by the PMI of the lab's Slurm.</summary>
[Collection(LabTests.Name)]
public sealed partial class SrunTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    private const string Programs = "/opt/pisahpc-lab/bin/mpi-hello-";

    [Theory]
    [InlineData("pmix", "docker-debian12", "openmpi")]
    [InlineData("pmi2", "docker-debian12-mpich", "mpich")]
    public async Task Fifty_six_ranks_are_32_and_24_in_containers_as_the_user(string mpi, string environment, string program)
    {
        var end = (await RunAsync(mpi, environment, "--ntasks=56", Programs + program)).EndedWith(0);
        var ranks = end.Lines.Select(line => (Line: line, Match: Rank().Match(line))).ToArray();
        Assert.All(ranks, rank => Assert.True(rank.Match.Success, rank.Line));
        Assert.Equal(
            Enumerable.Range(0, 56).Select(rank => (rank, rank < 32 ? "o2wn01" : "o2wn02")),
            ranks.Select(rank => (Number(rank.Match), rank.Match.Groups[2].Value)).Order());
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
        var name = $"ranks-{Guid.NewGuid():N}";
        var running = RunAsync("pmix", "docker-debian12", "--ntasks=4", $"--job-name={name}", Programs + "openmpi", "--sleep", "777");
        await HookedSlurm.UntilAsync("its ranks run", () => Task.FromResult(CountRanks() == 4));
        (await RunningProcess.RunAsync("scancel", ["--name", name])).EndedWith(0);
        Assert.NotEqual(0, (await running).ExitCode);
        await NothingIsLeftAsync();
        Assert.Equal(0, CountRanks());
    }

    private static int Number(Match rank) => int.Parse(rank.Groups[1].Value, CultureInfo.InvariantCulture);

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
        var options = rest.TakeWhile(word => word.StartsWith('-'));
        return await RunningProcess.RunAsync(
            "setpriv",
            [
                "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "srun", $"--mpi={mpi}", $"--comment={environment}", "--nodes=2",
                "--distribution=block", "--time=5", $"--chdir={slurm.Lab.State.Shared}/home/hpcuser", .. options, "/usr/lib/pisahpc/slurm-job",
                .. rest.SkipWhile(word => word.StartsWith('-')),
            ],
            patience: TimeSpan.FromMinutes(3));
    }

    private async Task NothingIsLeftAsync()
    {
        await HookedSlurm.NoJobsAsync();
        foreach (var node in slurm.Lab.Nodes)
        {
            Assert.Equal("", (await node.DockerAsync("ps", "--all", "--quiet", "--filter", "label=pisahpc.job")).EndedWith(0).Output.Trim());
        }

        await HookedSlurm.AssertNoNodeIsDrainedAsync();
    }

    [GeneratedRegex(@"\Arank (\d+) of 56 on (o2wn0[12]) uid=4001 gid=4001 groups=4001,5001,5002 sum=1540\z")]
    private static partial Regex Rank();
}
