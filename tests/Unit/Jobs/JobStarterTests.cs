using PisaHpc.Batch;
using PisaHpc.Jobs;
using PisaHpc.Tracing;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs;

public sealed class JobStarterTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_job_runs_on_every_node_of_its_allocation_with_one_port()
    {
        var job = await StartAsync();

        Assert.Equal(nameof(JobState.Running), job.State);
        Assert.Equal([("o2wn01", 32), ("o2wn02", 24)], job.Nodes.Select(node => (node.Name, node.Slots)));
        Assert.Equal(56, job.TotalSlots);
        Assert.True(job.Changed);
        Assert.Equal(job.Port, Assert.Single(_cluster.Ports.Area.List()).Port);
        Assert.All(JobCluster.NodeNames, node => Assert.Single(_cluster.Nodes.EngineOf(node).Containers));
    }

    [Fact]
    public async Task A_job_that_runs_already_is_left_alone()
    {
        var first = await StartAsync();
        var again = await StartAsync();

        Assert.False(again.Changed);
        Assert.Equal((first.Port, first.JobId), (again.Port, again.JobId));
        Assert.Equal(first.Nodes, again.Nodes);
    }

    [Fact]
    public async Task What_a_running_job_has_otherwise_than_asked_for_is_told()
    {
        var running = await StartAsync();
        var (image, allocation) = (PlanRequests.Environment.Image, PlanRequests.Allocation);

        Assert.Empty(JobCluster.Request().DifferencesOf(running));
        Assert.Empty(WithImage(image + "@sha256:" + new string('a', 64)));
        Assert.Equal(
            ["image registry.lab:5000/pisa/hpc:deb12, not registry.lab:5000/pisa/hpc:deb13"], WithImage("registry.lab:5000/pisa/hpc:deb13"));
        Assert.Equal(
            ["slots o2wn01*32 o2wn02*24, not o2wn01*32 o2wn02*16"],
            With(allocation with { Nodes = [allocation.Nodes[0], allocation.Nodes[1] with { Slots = 16 }] }));
        Assert.Equal(["owner hpcuser, not root"], With(allocation with { Owner = allocation.Owner with { Name = "root" } }));

        IReadOnlyList<string> WithImage(string other) =>
            JobCluster.With(asked => asked with { Environment = asked.Environment with { Image = other } }).DifferencesOf(running);

        IReadOnlyList<string> With(HpcAllocation other) =>
            JobCluster.With(asked => asked with { Allocation = other }).DifferencesOf(running);
    }

    [Fact]
    public async Task What_an_earlier_attempt_left_is_replaced()
    {
        var first = await StartAsync();
        var engine = _cluster.Nodes.EngineOf("o2wn02");
        engine.Exit(engine.Containers[0].Id, 137);

        var second = await StartAsync();

        Assert.True(second.Changed);
        Assert.Equal(first.Port, second.Port);
        Assert.NotEqual(first.Nodes[0].Container, second.Nodes[0].Container);
        Assert.All(JobCluster.NodeNames, node => Assert.Single(_cluster.Nodes.EngineOf(node).Containers));
    }

    [Fact]
    public async Task A_job_that_was_started_since_it_was_looked_for_is_left_alone()
    {
        HpcJob? other = null;
        _cluster.Nodes.Before("o2wn02", FakeStep.FindImage, async _ =>
        {
            _cluster.Nodes.Before("o2wn02", FakeStep.FindImage, _ => Task.CompletedTask);
            await Listed("o2wn01");
            other = await StartAsync();
        });

        var job = await StartAsync();

        Assert.False(job.Changed);
        Assert.Equal(other!.Nodes, job.Nodes);

        async Task Listed(string node)
        {
            while (!_cluster.Nodes.Calls.Any(call => call.Node == node && call.Step == FakeStep.List))
            {
                await Task.Yield();
            }
        }
    }

    [Theory]
    [InlineData(Phase.LeasePort)]
    [InlineData(Phase.WriteAccess)]
    [InlineData(Phase.StartContainer)]
    [InlineData(Phase.WaitUntilReady)]
    public async Task Interrupted_in_any_phase_nothing_is_left(Phase phase)
    {
        using var interrupt = new CancellationTokenSource();
        _cluster.OnPhase = reached =>
        {
            if (reached.Phase == phase)
            {
                interrupt.Cancel();
            }
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _cluster.FollowAsync(
                () => _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, interrupt.Token)));

        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_job_that_cannot_be_handed_over_is_taken_back_and_a_line_says_what_and_from_where()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _cluster.Starter.StartAsync(
            JobCluster.Request(), _ => Task.FromCanceled(new CancellationToken(canceled: true)), CancellationToken.None));

        Assert.Empty(_cluster.Leftovers());
        Assert.Equal(
            $"Job {JobCluster.Request().Allocation.JobId}: 2 containers, a port and keys were taken back from o2wn[01-02].",
            Assert.Single(_cluster.TakenBack.Lines));
    }

    [Fact]
    public async Task What_was_begun_on_no_node_is_taken_back_from_none()
    {
        using var interrupt = new CancellationTokenSource();
        _cluster.OnPhase = reached =>
        {
            if (reached is { Phase: Phase.LeasePort, End: not null })
            {
                interrupt.Cancel();
            }
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _cluster.FollowAsync(
                () => _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, interrupt.Token)));

        Assert.Equal($"Job {JobCluster.Request().Allocation.JobId}: a port was taken back.", Assert.Single(_cluster.TakenBack.Lines));
    }

    private Task<HpcJob> StartAsync() => StartAsync(JobCluster.Request());

    private async Task<HpcJob> StartAsync(JobRequest request)
    {
        var jobs = new List<HpcJob>();
        await _cluster.Starter.StartAsync(request, job => Task.Run(() => jobs.Add(job)), CancellationToken.None);
        return Assert.Single(jobs);
    }
}
