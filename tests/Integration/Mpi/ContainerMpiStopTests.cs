using System.Diagnostics;
using System.Management.Automation;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Mpi;

/// <summary>However a run is ended, all of its processes on all nodes end, those that ignore TERM too.</summary>
[Collection(LabTests.Name)]
public sealed class ContainerMpiStopTests(MpiJobFixture job) : IClassFixture<MpiJobFixture>
{
    private const string Stubborn = """-Command sh -ArgumentList '-c', 'trap "" TERM INT HUP; sleep 300 & wait; sleep 300'""";

    /// <summary>Ranks that nobody ends go on for 300 s.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Runs =>
    [
        Stubborn,
        "-Flavour Mpich " + Stubborn,
        "-Command $bin/mpi-hello-openmpi -ArgumentList --sleep, 300",
        "-Flavour Mpich -Command $bin/mpi-hello-mpich -ArgumentList --sleep, 300",
    ];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Stopped_by_the_caller(string parameters)
    {
        using var stop = new CancellationTokenSource();
        var run = job.RunAsync(parameters, stop.Token);
        await RanksRunAsync();
        await stop.CancelAsync();

        var end = await run.WaitAsync(Limit);
        Assert.True(end.Stopped, string.Join('\n', end.Errors));
        await job.QuietAsync();
    }

    [Fact]
    public async Task Stopped_as_a_job_of_the_session()
    {
        var run = Assert.IsType<Job>(job.Run(Stubborn + " -AsJob").Single().BaseObject, exactMatch: false);
        await RanksRunAsync();
        var nodes = run.Progress.Where(bar => bar.ParentActivityId > 0).Select(bar => $"{bar.Activity}: {bar.StatusDescription}");
        Assert.Equal(["o2wn01: running ranks", "o2wn02: running ranks"], nodes.Distinct().Order(StringComparer.Ordinal));
        run.StopJob();

        Assert.Equal(JobState.Stopped, run.JobStateInfo.State);
        await job.QuietAsync();
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Orphaned_by_the_callers_death(string parameters)
    {
        using var caller = RunningProcess.Start(
            Repository.Host, ["-Command", $"$bin = '/opt/pisahpc-lab/bin'; Invoke-ContainerMpi -JobId {job.JobId} {parameters}"]);
        await RanksRunAsync();
        await caller.SignalAsync("KILL");

        await job.QuietAsync();
    }

    [Fact]
    public async Task Interrupted_with_a_launcher_that_hangs()
    {
        using var caller = RunningProcess.Start(
            Repository.Host, ["-Command", $"Invoke-ContainerMpi -JobId {job.JobId} {Stubborn}"]);
        await RanksRunAsync();
        (await job.InFirstContainerAsync("pkill", "-STOP", "-x", "mpirun.openmpi")).EndedWith(0);
        await caller.SignalAsync("INT");

        (await caller.EndAsync()).EndedWith(130);
        await job.QuietAsync();
    }

    [Fact]
    public async Task Out_of_time()
    {
        var run = job.Run("-Command sleep -ArgumentList 300 -TimeoutSec 3");
        Assert.Contains("within 3 s", run.Failed("RankFailed").ToString(), StringComparison.Ordinal);
        await job.QuietAsync();
    }

    /// <summary>Waits until ranks run on both nodes: 56 programs.</summary>
    private async Task RanksRunAsync()
    {
        var clock = Stopwatch.StartNew();
        while ((await job.ProcessesAsync()).Count(IsRank) < 56)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "The ranks did not start.");
        }
    }

    private static bool IsRank(string line) =>
        !line.Contains("PISAHPC_RUN", StringComparison.Ordinal)
        && (line.Contains(" sh -c trap", StringComparison.Ordinal) || line.Contains("/mpi-hello-", StringComparison.Ordinal));
}
