using PisaHpc.Batch;
using PisaHpc.Jobs;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>A cluster in memory whose starts and stops are written down.</summary>
internal sealed class RecordedJobs : IDisposable
{
    public RecordedJobs()
    {
        Cluster.Recorder = Records.Recorder;
        foreach (var node in JobCluster.NodeNames)
        {
            Cluster.Counters[node] = ["cgroup\t/sys/fs/cgroup/c", "kills\t0", "hits\t0", "peak\t4096", "nanoseconds\t1500000000"];
        }
    }

    /// <summary>Job 42, which Slurm has started anew once.</summary>
    public static JobRequest Request => JobCluster.With(containers => containers with
    {
        Allocation = PlanRequests.Allocation with { BatchSystem = Scheduler.Slurm, Cluster = "lab", RestartCount = 1 },
    });

    public JobCluster Cluster { get; } = new();

    public TestRecords Records { get; } = new();

    public Task StartAsync() => Cluster.Starter.StartAsync(Request, _ => Task.CompletedTask, CancellationToken.None);

    public async Task<HpcJob> StopAsync(BatchEnd? end = null, string jobId = "42", Func<CancellationToken, Task<BatchEnd?>>? ask = null)
    {
        var finder = new JobFinder(Cluster.Nodes.Cluster with { Failed = _ => { } }, Cluster.Ports.Area);
        var found = await finder.FindAsync([jobId], JobCluster.NodeNames, CancellationToken.None);
        var request = new JobStopRequest
        {
            Job = found.Count > 0 ? found[0] : HpcJob.None(jobId),
            Nodes = [.. JobCluster.NodeNames],
            RunDirectory = "/run/pisahpc",
            End = end,
            AskEnd = ask,
        };
        return await Cluster.Stopper.StopAsync(request, FakeCluster.Unexpected, CancellationToken.None);
    }

    public void Dispose()
    {
        Cluster.Dispose();
        Records.Dispose();
    }
}
