using PisaHpc.Containers;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

public sealed class ContainerStarterTests
{
    private readonly FakeCluster _cluster = new();

    private FakeEngine Engine => _cluster.EngineOf("o2wn01");

    [Fact]
    public async Task A_second_container_of_a_job_is_refused_while_the_first_has_the_port()
    {
        var first = await StartAsync("a");

        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync("b"));

        Assert.Equal((ErrorId.PortInUse, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains(first.Name, failure.Message, StringComparison.Ordinal);
        Assert.Equal(first.Name, Assert.Single(Engine.Containers).Name);
    }

    [Fact]
    public async Task A_container_that_has_ended_is_in_nobody_s_way()
    {
        Engine.Exit((await StartAsync("a")).Id, 255);
        Assert.True((await StartAsync("b")).Changed);
    }

    private Task<HpcContainer> StartAsync(string attempt) => ContainerStarter.StartAsync(
        Engine, ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment) with { Attempt = attempt }), CancellationToken.None);
}
