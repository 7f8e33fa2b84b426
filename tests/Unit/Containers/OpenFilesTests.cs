using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Containers;

/// <summary>How many files a container's processes may have open: who asks for it, and what a node that allows fewer does to it.</summary>
public sealed class OpenFilesTests
{
    private const int Allowed = 20000;
    private readonly FakeCluster _cluster = new();

    public OpenFilesTests() => Engine.Log =
    [
        Line("Max open files            20000                20000                files     "),
        Line("1048576"),
        Line("that is all"),
    ];

    private FakeEngine Engine => _cluster.EngineOf("o2wn01");

    [Fact]
    public void A_container_has_65536_where_nobody_asks()
    {
        var plan = Plan("");
        Assert.Equal(new OpenFilesLimit(65536, Required: false), plan.GetSpec().OpenFiles);
        Assert.Contains(new PlanOption("ulimit", "nofile=65536", "built-in"), plan.Options);
    }

    [Theory]
    [InlineData("defaults: { limits: { openFiles: 4096 } }", "site defaults (/etc/pisahpc/site.yaml:2)")]
    [InlineData("queues: { hpc: { limits: { openFiles: 4096 } } }", "queue hpc (/etc/pisahpc/site.yaml:2)")]
    public void A_layer_that_asks_is_the_limit_s_origin(string layer, string origin)
    {
        var plan = Plan(layer);
        Assert.Equal(new OpenFilesLimit(4096, Required: true), plan.GetSpec().OpenFiles);
        Assert.Contains(new PlanOption("ulimit", "nofile=4096", origin), plan.Options);
    }

    [Fact]
    public void A_layer_that_asks_for_the_number_that_holds_anyway_asks_for_it() =>
        Assert.Equal(new OpenFilesLimit(65536, Required: true), Plan("defaults: { limits: { openFiles: 65536 } }").GetSpec().OpenFiles);

    [Fact]
    public void Host_leaves_the_engine_s_own()
    {
        var plan = Plan("defaults: { limits: { openFiles: host } }");
        Assert.Null(plan.GetSpec().OpenFiles);
        Assert.DoesNotContain(plan.Options, option => option.Name == "ulimit");
    }

    [Fact]
    public async Task What_nobody_asked_for_gives_way_to_the_node()
    {
        RefuseMoreThan(Allowed);
        var container = await StartAsync("");
        Assert.Equal([65536, null], Engine.Created.Select(spec => spec.OpenFiles?.Count));
        Assert.Equal(container.Id, Assert.Single(Engine.Containers).Id);
    }

    [Theory]
    [InlineData(30000, "refuses limits.openFiles 30000: 20000 is what its engine gives a container by itself", "Set openFiles to 20000 at most")]
    [InlineData(1 << 30, "refuses limits.openFiles 1073741824: 1048576 is what its kernel allows (fs.nr_open)", "Set openFiles to 1048576 at most")]
    public async Task What_somebody_asked_for_is_refused_with_what_the_node_allows(int asked, string message, string remedy)
    {
        RefuseMoreThan(Allowed);
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync($"defaults: {{ limits: {{ openFiles: {asked} }} }}"));
        Assert.Equal((ErrorId.LimitRefused, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Contains("error setting rlimit type 7", failure.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Engine.Containers);
    }

    [Fact]
    public async Task Where_the_node_s_limit_cannot_be_seen_the_engine_s_words_remain()
    {
        Engine.Log = [Line("sh: not found")];
        Engine.FollowsLogs = false;
        RefuseMoreThan(Allowed);
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync("defaults: { limits: { openFiles: 30000 } }"));
        Assert.Equal((ErrorId.LimitRefused, "error setting rlimit type 7"), (failure.Id, failure.Message));
        Assert.Empty(Engine.Containers);
    }

    [Fact]
    public async Task A_node_that_refuses_another_limit_still_refuses()
    {
        _cluster.FailOn("o2wn01", FakeStep.Start, new HpcException(ErrorId.LimitRefused, "error setting rlimit type 8", "o2wn01"));
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(""));
        Assert.Equal("error setting rlimit type 8", failure.Message);
        Assert.Empty(Engine.Containers);
    }

    [Theory]
    [InlineData("", FakeStep.Remove)]
    [InlineData("defaults: { limits: { openFiles: 30000 } }", FakeStep.ReadLog)]
    public async Task Interrupted_after_a_refusal_nothing_is_left(string layer, FakeStep step)
    {
        using var stop = new CancellationTokenSource();
        RefuseMoreThan(Allowed);
        _cluster.Before("o2wn01", step, async token =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StartAsync(layer, stop.Token));
        Assert.Empty(Engine.Containers);
    }

    private static EngineLogLine Line(string text) => new("stdout", DateTimeOffset.UnixEpoch, text);

    private static HpcContainerPlan Plan(string layer) => ContainerPlanner.Plan(PlanRequests.For(
        SiteText.Resolve($"environments: {{ debian12: {{ image: x/y:1 }} }}\n{layer}", "debian12", "hpc")));

    private Task<HpcContainer> StartAsync(string layer, CancellationToken stop = default) =>
        ContainerStarter.StartAsync(Engine, Plan(layer), stop);

    private void RefuseMoreThan(long limit) => _cluster.Before("o2wn01", FakeStep.Start, _ => Engine.Created.Last().OpenFiles?.Count > limit
        ? Task.FromException(new HpcException(ErrorId.LimitRefused, "error setting rlimit type 7", "o2wn01"))
        : Task.CompletedTask);
}
