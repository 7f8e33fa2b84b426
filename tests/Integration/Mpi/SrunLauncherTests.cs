using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Mpi;

/// <summary>
/// Ranks that srun starts for the cmdlet, in containers without an sshd, which an admin started in a job that Slurm knows without a hook.
/// </summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class SrunLauncherTests(SrunJobFixture job) : IClassFixture<SrunJobFixture>
{
    public static TheoryData<string> Implementations => ["-Command $bin/mpi-hello-openmpi", "-Flavour Mpich -Command $bin/mpi-hello-mpich"];

    [Theory]
    [MemberData(nameof(Implementations))]
    public void Ranks_fill_the_nodes_in_the_allocation_s_order_as_the_user_with_all_groups(string command)
    {
        var objects = job.Run($"{command} -Rank 34").Succeeded().Objects;
        dynamic result = objects[^1];
        Assert.Equal(("Succeeded", 34), ((string)result.Outcome.ToString(), (int)result.Ranks));
        Assert.StartsWith("srun 22.05", (string)result.Launcher, StringComparison.Ordinal);
        Assert.Equal(job.Network, (string)result.Network);
        var lines = objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).ToArray();
        Assert.Equal(Enumerable.Range(0, 34), lines.Select(line => (int)line.Rank).Order());
        Assert.All(lines, line => Assert.Equal(
            $"rank {line.Rank} of 34 on {(line.Rank < 32 ? "o2wn01" : "o2wn02")} uid=4001 gid=4001 groups=4001,5001,5002 sum=561", (string)line.Text));
        Assert.All(lines, line => Assert.Equal(line.Rank < 32 ? "o2wn01" : "o2wn02", (string)line.Node));
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public void A_failing_rank_is_named_with_its_node_and_code(string command)
    {
        var run = job.Run($"{command} -ArgumentList --exit-code, 33, 7 -Rank 34 -Quiet");
        Assert.Contains("rank 33 on o2wn02 ended with code 7", run.Failed("RankFailed").ToString(), StringComparison.Ordinal);
        dynamic result = Assert.Single(run.Objects);
        Assert.Equal((33, "o2wn02", 7), ((int)result.FailedRank, (string)result.FailedNode, (int)result.ExitCode));
    }

    [Fact]
    public void A_rank_of_MPICH_that_aborts_is_named()
    {
        const string Aborting = "-Flavour Mpich -Command $bin/mpi-hello-mpich -ArgumentList --abort, 3, --sleep, 10 -Rank 4 -Quiet";
        dynamic result = Assert.Single(job.Run(Aborting).Objects);
        Assert.Equal((3, "RankFailed"), ((int)result.FailedRank, (string)result.Outcome.ToString()));
    }

    [Fact]
    public void Arguments_variables_and_directory_arrive_as_they_were_given()
    {
        const string Script = """'printf "<%s>" "$PWD" "$ODD" "$@"; echo; printf tail >&2'""";
        var run = job.Run(
            $"-Command sh -ArgumentList '-c', {Script}, 'sh', '', '$HOME', 'a  b', ':', \"it''s `\"x`\"\" -Rank 1 "
            + "-Environment @{ ODD = \"two`nlines; `$(id) '`\" end\" } -WorkingDirectory /tmp");
        var lines = run.Succeeded().Objects.SkipLast(1).Select(line => (dynamic)line).ToArray();
        Assert.Equal(
            "</tmp><two\nlines; $(id) '\" end><><$HOME><a  b><:><it''s \"x\">",
            string.Join('\n', lines.Where(line => line.Stream == "stdout").Select(line => (string)line.Text)));
        Assert.Equal(["tail"], lines.Where(line => line.Stream == "stderr").Select(line => (string)line.Text));
    }

    [Fact]
    public void What_cannot_be_launched_says_why()
    {
        Assert.Contains("no program /no/such", job.Run("-Command /no/such").Failed("MpiLaunchFailed").ToString(), StringComparison.Ordinal);
        Assert.Contains("/no/such", job.Run("-Command hostname -WorkingDirectory /no/such").Failed("MpiLaunchFailed").ToString(), StringComparison.Ordinal);
        Assert.Contains("no sshd", job.RunBy("Ssh", "-Command hostname").Failed("SshAccessMissing").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_ends_ranks_that_ignore_TERM_on_every_node()
    {
        using var stop = new CancellationTokenSource();
        var run = job.RunAsync("-Command sh -ArgumentList '-c', 'trap \"\" TERM; sleep 777.5' -Rank 34", stop.Token);
        await SrunJobFixture.UntilRunAsync("777.5", 34);
        await stop.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(30));
        await SrunJobFixture.UntilRunAsync("777.5", 0);
    }
}
