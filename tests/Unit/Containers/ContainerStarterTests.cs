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

    /// <summary>Its name is the first one's, so that nothing of it may be taken back.</summary>
    [Fact]
    public async Task A_plan_that_is_carried_out_twice_is_refused_and_the_first_one_s_container_stays()
    {
        var first = await StartAsync("a");
        Engine.Exit(first.Id, 0);
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync("a"));
        Assert.Equal((ErrorId.PlanConflict, "o2wn01"), (failure.Id, failure.Target));
        Assert.Equal(first.Id, Assert.Single(Engine.Containers).Id);
    }

    [Fact]
    public async Task An_image_with_a_digest_is_created_from_without_a_look_and_pulled_when_the_engine_lacks_it()
    {
        const string Name = "registry.lab:5000/pisa/hpc:deb12";
        var digest = FakeImageStore.Digest('a');
        _cluster.RegistryDigests[Name] = digest;
        var plan = ContainerPlanner.Plan(
            PlanRequests.For(PlanRequests.Environment) with { Image = new PlannedImage($"{Name}@{digest}", null, digest) });

        await ContainerStarter.StartUnderLeaseAsync(Engine, plan, CancellationToken.None);
        Assert.Equal(
            [FakeStep.Create, FakeStep.PullImage, FakeStep.FindImage, FakeStep.TagImage, FakeStep.Create, FakeStep.Start], Steps());

        var before = _cluster.Calls.Count;
        Engine.Exit(Engine.Containers.Single().Id, 0);
        await ContainerStarter.StartUnderLeaseAsync(Engine, Again(plan), CancellationToken.None);
        Assert.Equal([FakeStep.Create, FakeStep.Start], Steps().Skip(before));
    }

    private static HpcContainerPlan Again(HpcContainerPlan plan) => new(plan.GetSpec() with { Name = "pisahpc-again" }, plan.Workload)
    {
        Node = plan.Node,
        Environment = plan.Environment,
        Owner = plan.Owner,
        ImageDigest = plan.ImageDigest,
        Slots = plan.Slots,
        Access = plan.Access,
        Port = plan.Port,
        Directory = plan.Directory,
        ReadyTimeoutSec = plan.ReadyTimeoutSec,
        Options = plan.Options,
    };

    private IEnumerable<FakeStep> Steps() => _cluster.Calls.Select(call => call.Step);

    private Task<HpcContainer> StartAsync(string attempt) => ContainerStarter.StartAsync(
        Engine, ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment) with { Attempt = attempt }), CancellationToken.None);
}
