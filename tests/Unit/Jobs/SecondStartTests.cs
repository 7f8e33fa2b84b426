using PisaHpc.Jobs;
using PisaHpc.Ports;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs;

/// <summary>A start of a job that another process is starting at the moment.</summary>
public sealed class SecondStartTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_second_start_of_a_job_that_is_being_started_is_refused_and_touches_nothing()
    {
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        _cluster.Nodes.Before("o2wn02", FakeStep.Create, stop =>
        {
            begun.SetResult();
            return goOn.Task.WaitAsync(stop);
        });
        var first = _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        await begun.Task;

        await AssertRefusedAsync();
        goOn.SetResult();
        await first;
        Assert.All(JobCluster.NodeNames, node => Assert.Single(_cluster.Nodes.EngineOf(node).Containers));
        Assert.DoesNotContain(_cluster.Nodes.Calls, call => call.Step is FakeStep.Remove);
    }

    [Fact]
    public async Task A_job_whose_containers_are_ready_and_that_is_not_handed_over_yet_is_still_being_started()
    {
        var begun = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var first = _cluster.Starter.StartAsync(
            JobCluster.Request(),
            _ =>
            {
                begun.SetResult();
                return goOn.Task;
            },
            CancellationToken.None);
        await begun.Task;

        await AssertRefusedAsync();
        goOn.SetResult();
        await first;
    }

    [Fact]
    public async Task A_start_for_one_user_takes_no_job_of_anothers_for_his_and_takes_nothing_of_it_away()
    {
        var mine = JobCluster.Request();
        await _cluster.Starter.StartAsync(mine, _ => Task.CompletedTask, CancellationToken.None);
        var before = _cluster.Leftovers();
        var allocation = mine.Allocation with { Owner = mine.Allocation.Owner with { Name = "mallory" } };
        var his = JobCluster.With(request => request with { Allocation = allocation }) with { ForUser = "mallory" };

        var failure = await Assert.ThrowsAsync<HpcException>(
            () => _cluster.Starter.StartAsync(his, _ => Task.CompletedTask, CancellationToken.None));

        Assert.Equal(ErrorId.JobOfAnotherUser, failure.Id);
        Assert.Equal(before, _cluster.Leftovers());
        HpcJob? again = null;
        await _cluster.Starter.StartAsync(
            mine with { ForUser = mine.Allocation.Owner.Name }, job => Task.FromResult(again = job), CancellationToken.None);
        Assert.False(again!.Changed);
    }

    private async Task AssertRefusedAsync()
    {
        var impatient = new PortArea(_cluster.Ports.Path) { Patience = TimeSpan.FromMilliseconds(50) };
        var failure = await Assert.ThrowsAsync<HpcException>(() => _cluster.StarterIn(impatient)
            .StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None));
        Assert.Equal(ErrorId.JobBeingStarted, failure.Id);
    }
}
