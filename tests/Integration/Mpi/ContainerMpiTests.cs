using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Mpi;

/// <summary>Real ranks of real MPI implementations, in containers on two nodes.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class ContainerMpiTests(MpiJobFixture job) : IClassFixture<MpiJobFixture>
{
    private const string OpenMpi = "-Command $bin/mpi-hello-openmpi";
    private const string Mpich = "-Flavour Mpich -Command $bin/mpi-hello-mpich";

    public static TheoryData<string> Flavours => [OpenMpi, Mpich];

    [Theory]
    [MemberData(nameof(Flavours))]
    public void Fifty_six_ranks_answer_32_and_24_as_the_user_with_all_groups(string flavour)
    {
        var objects = job.Run(flavour).Succeeded().Objects;

        dynamic result = objects[^1];
        Assert.Equal(("Succeeded", 56, 0), ((string)result.Outcome.ToString(), (int)result.Ranks, (int)result.ExitCode));
        Assert.StartsWith("10.10.13.0/24", (string)result.Network, StringComparison.Ordinal);
        var lines = objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).ToArray();
        Assert.Equal(Enumerable.Range(0, 56), lines.Select(line => (int)line.Rank).Order());
        Assert.All(lines, line => Assert.Equal(
            $"rank {line.Rank} of 56 on {(line.Rank < 32 ? "o2wn01" : "o2wn02")} uid=4001 gid=4001 groups=4001,5001,5002 sum=1540", (string)line.Text));
        Assert.All(lines, line => Assert.Equal(line.Rank < 32 ? "o2wn01" : "o2wn02", (string)line.Node));
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public void A_failing_rank_is_named_with_its_node_and_code(string flavour)
    {
        var run = job.Run($"{flavour} -ArgumentList --exit-code, 33, 7 -Rank 34 -Quiet");

        var error = run.Failed("RankFailed");
        Assert.Equal("o2wn02", error.TargetObject);
        Assert.Contains("rank 33 on o2wn02 ended with code 7", error.ToString(), StringComparison.Ordinal);
        dynamic result = Assert.Single(run.Objects);
        Assert.Equal((33, "o2wn02", 7), ((int)result.FailedRank, (string)result.FailedNode, (int)result.ExitCode));
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public void An_aborting_rank_is_named(string flavour)
    {
        // The others sleep: where they spin on too few CPUs, Hydra may be gone before it has read the abort's words.
        dynamic result = Assert.Single(job.Run($"{flavour} -ArgumentList --abort, 33, --sleep, 10 -Rank 34 -Quiet").Objects);
        Assert.Equal((33, 4), ((int)result.FailedRank, (int)result.ExitCode));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Flavour Mpich")]
    public void A_signal_is_named(string flavour)
    {
        const string Crash = "-Command sh -ArgumentList '-c', 'test ${OMPI_COMM_WORLD_RANK:-$PMI_RANK} != 1 || kill -SEGV $$; sleep 1' -Rank 2 -Quiet";
        var run = job.Run($"{flavour} {Crash}");
        Assert.Contains("was ended by SIGSEGV", run.Failed("RankFailed").ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Flavour Mpich")]
    public void Arguments_variables_and_directory_arrive_as_they_were_given(string flavour)
    {
        const string Script = """'printf "<%s>" "$PWD" "$ODD" "$@"; echo'""";
        var run = job.Run(
            $"{flavour} -Command sh -ArgumentList '-c', {Script}, 'sh', '', '$HOME', 'a  b', \"it''s `\"x`\"\" -Rank 1 "
            + "-Environment @{ ODD = \"two`nlines; `$(id) '`\" end\" } -WorkingDirectory /tmp");
        var lines = run.Succeeded().Objects.SkipLast(1).Select(line => (string)((dynamic)line).Text);
        Assert.Equal("</tmp><two\nlines; $(id) '\" end><><$HOME><a  b><it''s \"x\">", string.Join('\n', lines));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Flavour Mpich")]
    public void Output_and_error_are_told_apart_and_none_of_much_is_lost(string flavour)
    {
        const string Talk = """'-c', 'i=0; while [ $i -lt 500 ]; do echo "line $i of a rank"; i=$((i+1)); done; echo oops >&2; printf tail'""";
        var run = job.Run($"{flavour} -Command sh -ArgumentList {Talk} -Rank 40").Succeeded();
        var lines = run.Objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).ToArray();
        foreach (var rank in lines.GroupBy(line => (int)line.Rank))
        {
            Assert.Equal(
                [.. Enumerable.Range(0, 500).Select(i => $"line {i} of a rank"), "tail"],
                rank.Where(line => line.Stream == "stdout").Select(line => (string)line.Text));
            Assert.Equal(["oops"], rank.Where(line => line.Stream == "stderr").Select(line => (string)line.Text));
        }

        Assert.Equal(40 * 502, lines.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Flavour Mpich")]
    public void Characters_that_a_rank_writes_byte_by_byte_are_whole(string flavour)
    {
        const string Talk = """'-c', 'i=0; while [ $i -lt 20 ]; do for b in 303 251 344 270 255 360 237 232 200; do printf "\\$b"; printf "\\$b" >&2; done; echo; echo >&2; i=$((i+1)); done'""";
        var lines = job.Run($"{flavour} -Command sh -ArgumentList {Talk} -Rank 4").Succeeded().Objects.SkipLast(1).Select(line => (dynamic)line).ToArray();
        Assert.Equal(4 * 20 * 2, lines.Length);
        Assert.All(lines, line => Assert.Equal("é中🚀", (string)line.Text));
    }

    [Fact]
    public void What_Open_MPI_4_throws_away_is_warned_of()
    {
        var run = job.Run("-Command seq -ArgumentList 5000 -Rank 1");
        Assert.Contains("threw output of rank 0 away", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Equal(5001, job.Run("-Flavour Mpich -Command seq -ArgumentList 5000 -Rank 1").Succeeded().Objects.Count);
    }

    [Fact]
    public void More_ranks_than_slots_are_refused_unless_allowed()
    {
        Assert.Contains("InvalidValue", job.Run("-Command hostname -Rank 57").ErrorIds);
        var run = job.Run("-Command hostname -Rank 60 -Oversubscribe").Succeeded();
        Assert.All(run.Objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null), line => Assert.Equal((string)line.Node, (string)line.Text));
    }

    [Theory]
    [InlineData("-Command /no/such", "no program /no/such")]
    [InlineData("-Command hostname -WorkingDirectory /no/such", "directory /no/such does not exist")]
    [InlineData("-Command hostname -Network 10.99.0.0/16", "no interface is in the network 10.99.0.0/16")]
    [InlineData("-Command hostname -LauncherOption --no-such-option", "no-such-option")]
    public void What_cannot_be_launched_says_why(string parameters, string reason)
    {
        var said = job.Run(parameters).Failed("MpiLaunchFailed").ToString();
        Assert.Contains(reason, said, StringComparison.Ordinal);
        Assert.DoesNotContain("does not answer", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_does_not_run_is_not_found() => Assert.Equal(
        ["JobNotFound"], job.Shell.Run("Invoke-ContainerMpi -JobId no-such-job -Node o2wn01 -Command true").ErrorIds);

    [Fact]
    public void Containers_from_the_pipeline_choose_the_nodes()
    {
        var run = job.Shell.Run(
            "param($JobId) Get-HpcContainer o2wn02 -JobId $JobId | Invoke-ContainerMpi -Command hostname -Rank 3", new { job.JobId }).Succeeded();
        Assert.Equal(["o2wn02", "o2wn02", "o2wn02"], run.Objects.SkipLast(1).Select(line => (string)((dynamic)line).Text));
    }

    [Fact]
    public async Task WhatIf_runs_nothing()
    {
        Assert.Empty(job.Run("-Command sleep -ArgumentList 60 -WhatIf").Succeeded().Objects);
        Assert.Empty(await job.ProcessesAsync());
    }
}
