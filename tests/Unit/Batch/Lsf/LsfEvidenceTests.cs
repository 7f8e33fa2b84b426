using PisaHpc.Batch;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Batch.Lsf;

/// <summary>What a node shows of LSF's jobs.</summary>
public sealed class LsfEvidenceTests
{
    [Fact]
    public async Task A_job_is_certain_where_a_process_of_LSFs_own_is_in_its_group_and_says_its_cluster()
    {
        var cluster = new FakeCluster
        {
            OnRun = (_, _, _) => FakeCluster.Result(
                0, "running.lab/20\t1\nserver.lab/20\t1\nrunning.lab/20\t1\nrunning.lab/21[3]\t1\nrunning.other/21[3]\t1\nend\t1\n"),
        };
        var node = await cluster.Cluster.Nodes.ConnectAsync("o2wn01", CancellationToken.None);
        Assert.Equal(
            [new("20", "lab"), new("21[3]", "lab", IsCertain: false), new RunningJob("21[3]", "other", IsCertain: false)],
            await BatchSystems.EvidenceOf(Scheduler.Lsf).FindRunningAsync(node, CancellationToken.None));
    }
}
