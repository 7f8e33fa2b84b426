using PisaHpc.Jobs;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs;

/// <summary>What a start would do, said without doing it.</summary>
public sealed class JobPlanTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_plan_changes_nothing()
    {
        var plans = await _cluster.Starter.PlanAsync(
            JobCluster.Request(), _ => throw new InvalidOperationException("No job runs."), CancellationToken.None);

        Assert.Equal(JobCluster.NodeNames, plans.Select(plan => plan.Node));
        Assert.Equal(nameof(JobState.Planned), JobStarter.Predict(JobCluster.Request(), plans).State);
        Assert.Empty(_cluster.Leftovers());
        Assert.DoesNotContain(_cluster.Nodes.Calls, call => call.Step is FakeStep.Create or FakeStep.Start or FakeStep.Remove);
    }

    [Fact]
    public async Task The_plan_for_a_job_that_runs_already_is_the_job_unchanged()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        var seen = new List<HpcJob>();

        var plans = await _cluster.Starter.PlanAsync(
            JobCluster.Request(),
            job =>
            {
                seen.Add(job);
                return Task.CompletedTask;
            },
            CancellationToken.None);

        Assert.Empty(plans);
        Assert.Equal((nameof(JobState.Running), false), (Assert.Single(seen).State, seen[0].Changed));
    }
}
