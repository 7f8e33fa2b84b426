using PisaHpc.Sites;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Jobs.Records;

namespace PisaHpc.Unit.Jobs;

/// <summary>A start whose batch system has to be asked how much memory it granted.</summary>
public sealed class GrantedMemoryTests : IDisposable
{
    private const long Gibibyte = 1L << 30;
    private static readonly HpcException NoAnswer = new(ErrorId.BatchSystemFailed, "Slurm did not answer on o2wn01.", "o2wn01");
    private readonly RecordedJobs _jobs = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _jobs.Dispose();

    [Fact]
    public async Task The_answer_bounds_the_containers_and_nothing_is_said_of_it()
    {
        await StartAsync(_ => Told(("o2wn01", 2 * Gibibyte), ("o2wn02", Gibibyte)));
        Assert.Equal([2 * Gibibyte, Gibibyte], JobCluster.NodeNames.Select(MemoryOn));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Whatever_goes_wrong_with_the_question_the_job_starts()
    {
        await StartAsync(_ => Task.FromException<IReadOnlyDictionary<string, long>>(new IOException("The pipe is broken.")));
        Assert.EndsWith("which is not known: The pipe is broken.", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_answer_the_job_starts_and_a_warning_and_its_record_say_what_it_goes_without()
    {
        await StartAsync(_ => Task.FromException<IReadOnlyDictionary<string, long>>(NoAnswer));
        Assert.Null(MemoryOn("o2wn01"));
        var words = Assert.Single(_warnings);
        Assert.Equal("Memory of job 42 is not limited to what it was granted, which is not known: Slurm did not answer on o2wn01.", words);
        await _jobs.StopAsync();
        Assert.Equal([words], Assert.Single(_jobs.Records.Read()).Remarks);
    }

    [Fact]
    public async Task An_answer_that_leaves_a_node_out_is_a_warning_for_that_node()
    {
        await StartAsync(_ => Told(("o2wn01", Gibibyte)));
        Assert.Equal((Gibibyte, null), (MemoryOn("o2wn01"), MemoryOn("o2wn02")));
        Assert.Equal("Memory of job 42 is not limited to what it was granted on o2wn02: Lsf does not say how much that is.", Assert.Single(_warnings));
    }

    [Fact]
    public async Task Where_the_site_requires_an_answer_nothing_is_begun_without_one()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(
            () => StartAsync(_ => Task.FromException<IReadOnlyDictionary<string, long>>(NoAnswer), JobLimits.Required));
        Assert.Same(NoAnswer, failure);
        Assert.Empty(_jobs.Cluster.Leftovers());
    }

    [Fact]
    public async Task An_answer_that_somebody_made_up_starts_nothing()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(
            _ => Task.FromException<IReadOnlyDictionary<string, long>>(new HpcException(ErrorId.InvalidValue, "No host list."))));
        Assert.Equal(ErrorId.InvalidValue, failure.Id);
        Assert.Empty(_jobs.Cluster.Leftovers());
    }

    [Fact]
    public async Task The_nodes_are_looked_at_meanwhile_and_a_question_that_nobody_needs_is_ended()
    {
        var ended = false;
        await StartAsync(_ => Told());
        await StartAsync(async stopping =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended = true;
            return new Dictionary<string, long>();
        });
        Assert.True(ended);
    }

    private static Task<IReadOnlyDictionary<string, long>> Told(params (string Node, long Bytes)[] told) =>
        Task.FromResult<IReadOnlyDictionary<string, long>>(told.ToDictionary(node => node.Node, node => node.Bytes));

    private Task StartAsync(
        Func<CancellationToken, Task<IReadOnlyDictionary<string, long>>> ask, JobLimits bounds = JobLimits.Known)
    {
        var environment = PlanRequests.Environment with { Limits = new ContainerLimits { Bounds = bounds } };
        var request = JobCluster.With(containers => containers with { Environment = environment }) with { AskMemory = ask };
        _jobs.Cluster.Warn = _warnings.Add;
        return _jobs.Cluster.Starter.StartAsync(request, _ => Task.CompletedTask, CancellationToken.None);
    }

    private long? MemoryOn(string node) => Assert.Single(_jobs.Cluster.Nodes.EngineOf(node).Created).MemoryBytes;
}
