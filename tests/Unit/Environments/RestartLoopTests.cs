using PisaHpc.Engines;
using PisaHpc.Environments;

namespace PisaHpc.Unit.Environments;

/// <summary>When a container that runs counts as one that ends again and again.</summary>
public sealed class RestartLoopTests
{
    private static readonly DateTimeOffset Started = new(2027, 6, 30, 12, 0, 0, TimeSpan.Zero);

    private readonly StaticCluster _cluster = new();

    [Theory]
    [InlineData(0, 5, false)]
    [InlineData(1, 5, false)] // a crash, or an engine that came back
    [InlineData(2, 5, false)]
    [InlineData(3, 5, true)]
    [InlineData(3, 599, true)]
    [InlineData(3, 600, false)] // it has lasted since
    [InlineData(5000, 86400, false)]
    public async Task It_was_restarted_three_times_and_started_less_than_ten_minutes_ago(long restarts, int seconds, bool isLoop) =>
        Assert.Equal(isLoop, (await KindsAsync(restarts, Started.AddSeconds(seconds))).Contains("Restarting"));

    [Fact]
    public async Task A_node_whose_clock_is_not_known_has_none() => Assert.DoesNotContain("Restarting", await KindsAsync(57, now: null));

    [Fact]
    public async Task A_sync_does_not_replace_what_is_as_declared_and_lets_users_in()
    {
        var compared = await ComparedAsync(57);
        Assert.Equal(StaticStep.None, EnvironmentStep.Of(compared, [compared.Found.Container!]).Step);
    }

    private async Task<IReadOnlyList<string>> KindsAsync(long restarts, DateTimeOffset? now) =>
        [.. RestartLoop.In(await ComparedAsync(restarts), now).Select(difference => difference.Kind)];

    private async Task<ComparedContainer> ComparedAsync(long restarts)
    {
        await _cluster.StartAsync();
        var container = Assert.Single(_cluster.Engine.Containers) with { StartedAt = Started };
        var plan = await _cluster.PlanOneAsync();
        return new ComparedContainer(
            plan, new FoundContainer(container, new ContainerInspection(container, plan.GetSpec()) { Restarts = restarts }, null));
    }
}
