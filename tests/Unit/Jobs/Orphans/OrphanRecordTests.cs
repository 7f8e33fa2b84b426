using PisaHpc.Batch;
using PisaHpc.Unit.Jobs.Records;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>A job that a sweep takes away is written down as one that somebody stops.</summary>
public sealed class OrphanRecordTests : IDisposable
{
    private readonly OrphanCluster _cluster = new();
    private readonly TestRecords _records = new();

    public OrphanRecordTests() => _cluster.Jobs.Recorder = _records.Recorder;

    public void Dispose()
    {
        _cluster.Dispose();
        _records.Dispose();
    }

    [Fact]
    public async Task One_that_the_batch_system_does_not_know_is_an_orphan_and_no_more_is_known_of_its_end()
    {
        await _cluster.StartAsync();
        await SweepAsync();
        var job = Assert.Single(_records.Read());
        Assert.Equal(("42", "Orphaned", "debian12", "lab"), (job.JobId, job.Reason, job.Environment, job.Cluster));
        Assert.EndsWith("swept as an orphan: Slurm does not know it", job.Message, StringComparison.Ordinal);
        Assert.Equal("a-test", job.EndedByProgram);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task One_that_the_batch_system_knows_has_its_reason_from_there()
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.EndedSince(3600, "TIMEOUT") with { Outcome = BatchOutcome.TimeLimit };
        await SweepAsync();
        var job = Assert.Single(_records.Read());
        Assert.Equal(("TimeLimit", "TIMEOUT"), (job.Reason, job.BatchState));
        Assert.EndsWith("swept as an orphan: Slurm: TIMEOUT since 2126-11-29T07:00:00Z", job.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_tells_what_the_kernel_counted_before_it_goes()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Counters["o2wn02"] = ["cgroup\t/sys/fs/cgroup/c", "kills\t3", "hits\t12", "peak\t67108864", "limit\t67108864"];
        _cluster.Known["42"] = OrphanCluster.EndedSince(3600);
        await SweepAsync();
        var job = Assert.Single(_records.Read());
        Assert.Equal("OutOfMemory", job.Reason);
        Assert.Equal([null, 3L], job.Nodes.Select(node => node.OomKills));
        Assert.NotEmpty(job.Phases);
    }

    [Fact]
    public async Task Labels_alone_are_enough_where_the_lease_is_gone()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Ports.Area.Release("42");
        await SweepAsync();
        Assert.Equal(("Orphaned", 2), (Assert.Single(_records.Read()).Reason, _records.Read()[0].Nodes.Count));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task One_with_a_node_that_cannot_be_cleaned_is_written_down_once()
    {
        await _cluster.StartAsync();
        _cluster.Jobs.Nodes.FailOn("o2wn02", FakeStep.Remove, new HpcException(ErrorId.EngineTimeout, "it hangs", "o2wn02"));
        await SweepAsync();
        Assert.Equal("it hangs", Assert.Single(_records.Read()).Nodes[1].Message);
        _cluster.Jobs.Nodes.Before("o2wn02", FakeStep.Remove, _ => Task.CompletedTask);
        await SweepAsync();
        Assert.Single(_records.Read());
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_part_of_a_job_that_runs_elsewhere_is_no_end_of_it()
    {
        await _cluster.StartAsync();
        await _cluster.StartAsync("42", nodes: "o2wn03");
        var before = _records.Files;
        _cluster.Known["42"] = OrphanCluster.Lives("RUNNING", "o2wn03");
        await SweepAsync();
        Assert.Equal(before, _records.Files);
    }

    [Fact]
    public async Task One_that_was_started_again_since_it_was_judged_has_not_ended()
    {
        await _cluster.StartAsync();
        var findings = await _cluster.FindAsync();
        _cluster.Jobs.Running.Add("42@o2wn02");
        await _cluster.RemoveAsync(findings);
        Assert.Empty(_records.Files);
    }

    private async Task SweepAsync() => await _cluster.RemoveAsync(await _cluster.FindAsync());
}
