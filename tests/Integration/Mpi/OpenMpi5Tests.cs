using System.Diagnostics;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Mpi;

/// <summary>Open MPI 5 has another run time beneath it than Open MPI 4, with other options, tags and ways to end.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class OpenMpi5Tests : IAsyncLifetime, IDisposable
{
    private readonly HostedRunspace _shell = new();
    private readonly LabJob _job;

    private readonly LabNode _last;

    public OpenMpi5Tests(LabFixture lab)
    {
        _job = new LabJob(_shell, lab, "mpi5");
        _last = lab.Nodes[1];
    }

    public Task InitializeAsync()
    {
        _job.Run("$allocation | Start-HpcJob -Environment debian13 -ShmSize 1g").Succeeded();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _job.DisposeAsync();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Fifty_six_ranks_answer_32_and_24()
    {
        var objects = Run("-Command /opt/pisahpc-lab/bin/mpi-hello-openmpi").Succeeded().Objects;

        dynamic result = objects[^1];
        Assert.Equal(("Succeeded", 56), ((string)result.Outcome, (int)result.Ranks));
        Assert.StartsWith("Open MPI 5", (string)result.Launcher, StringComparison.Ordinal);
        var lines = objects.SkipLast(1).Select(line => (dynamic)line).Where(line => line.Rank is not null).ToArray();
        Assert.Equal(Enumerable.Range(0, 56), lines.Select(line => (int)line.Rank).Order());
        Assert.All(lines, line => Assert.Equal(line.Rank < 32 ? "o2wn01" : "o2wn02", (string)line.Node));
    }

    [Fact]
    public void A_failing_rank_is_named_with_its_node_and_code()
    {
        var run = Run("-Command /opt/pisahpc-lab/bin/mpi-hello-openmpi -ArgumentList --exit-code, 33, 7 -Rank 34 -Quiet");

        Assert.Contains("rank 33 on o2wn02 ended with code 7", run.Failed("RankFailed").ToString(), StringComparison.Ordinal);
        dynamic result = Assert.Single(run.Objects);
        Assert.Equal((33, "o2wn02", 7), ((int)result.FailedRank, (string)result.FailedNode, (int)result.ExitCode));
    }

    [Fact]
    public void None_of_many_short_lines_is_lost()
    {
        var lines = Run("-Command seq -ArgumentList 5000 -Rank 2").Succeeded().Objects.SkipLast(1).Select(line => (dynamic)line);
        foreach (var rank in lines.Where(line => line.Rank is not null).GroupBy(line => (int)line.Rank))
        {
            Assert.Equal(Enumerable.Range(1, 5000).Select(i => $"{i}"), rank.Select(line => (string)line.Text));
        }
    }

    [Fact]
    public void Characters_that_a_rank_writes_byte_by_byte_are_whole()
    {
        const string Talk = """'-c', 'i=0; while [ $i -lt 20 ]; do for b in 303 251 344 270 255 360 237 232 200; do printf "\\$b"; printf "\\$b" >&2; done; echo; echo >&2; i=$((i+1)); done'""";
        var lines = Run($"-Command sh -ArgumentList {Talk} -Rank 4").Succeeded().Objects.SkipLast(1).Select(line => (dynamic)line).ToArray();
        Assert.Equal(4 * 20 * 2, lines.Length);
        Assert.All(lines, line => Assert.Equal("é中🚀", (string)line.Text));
    }

    [Fact]
    public async Task Stopped_by_the_caller()
    {
        using var stop = new CancellationTokenSource();
        var run = _job.RunAsync("Invoke-ContainerMpi -JobId $JobId -Command sleep -ArgumentList 300", stop.Token);
        var clock = Stopwatch.StartNew();
        while (await RanksAsync() < 24)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "The ranks did not start.");
        }

        await stop.CancelAsync();
        clock.Restart();
        Assert.True((await run).Stopped);
        Assert.Equal(0, await RanksAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"It took {clock.Elapsed}, where ranks that nobody ends go on for 300 s.");
    }

    private async Task<int> RanksAsync() =>
        (await _job.LoginAsync(_last, "grep", "-lax", "sleep", "/proc/[0-9]*/comm")).Lines.Count(line => line.Length > 0);

    private RunResult Run(string parameters) => _job.Run($"Invoke-ContainerMpi -JobId $JobId {parameters}");
}
