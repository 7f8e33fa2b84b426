using PisaHpc.Containers;
using PisaHpc.Jobs;
using PisaHpc.Preflight;
using PisaHpc.Unit.Jobs;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>A container that belongs to a static environment, and so to no job.</summary>
public sealed class StaticEnvironmentTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    private FakeEngine Engine => _cluster.Nodes.EngineOf("o2wn01");

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Its_plan_names_it_wherever_that_of_a_job_names_the_job()
    {
        var environment = PlanRequests.Environment with { Hostname = "{node}-{job}" };
        var plan = ContainerPlanner.Plan(PlanRequests.For(environment) with { Workload = PlanRequests.Static });

        Assert.Equal((null, "cs7", "pisahpc-static-cs7"), (plan.JobId, plan.Static, plan.Name));
        Assert.Equal("o2wn01-cs7", plan.GetSpec().Hostname);
        Assert.Equal("static environment", plan.Options.Single(option => option.Name == "name").Origin);
        Assert.Equal("static environment", plan.Options.Single(option => option.Name == "cpus").Origin);
        var labels = plan.GetSpec().Labels;
        Assert.Equal(("2", "cs7", "hpcuser", "o2wn01*32 o2wn02*24"), (labels["pisahpc.schema"], labels["pisahpc.static"], labels["pisahpc.owner"], labels["pisahpc.nodes"]));
        Assert.Empty(labels.Keys.Intersect(["pisahpc.job", "pisahpc.scheduler", "pisahpc.queue"]));
    }

    [Fact]
    public async Task It_is_started_listed_and_stopped()
    {
        var started = await StartAsync();
        Assert.Equal((null, "cs7", "Running", "hpcuser", 32, true), (started.JobId, started.Static, started.State, started.Owner, started.Slots, started.Changed));

        var found = ContainerLabels.ToHpcContainer("o2wn01", Assert.Single(await Engine.ListAsync(ContainerLabels.FilterOfAll(), default)));
        Assert.Equal(started with { CreatedAt = found.CreatedAt, Changed = false }, found);
        Assert.Single(await Engine.ListAsync(ContainerLabels.Filter(PlanRequests.Static.Id), default));

        Assert.True((await ContainerStopper.StopAsync(Engine, found, TimeSpan.FromSeconds(1), default)).Changed);
        Assert.Empty(Engine.Containers);
    }

    [Fact]
    public async Task A_second_one_on_the_node_is_refused_and_one_of_a_job_is_not()
    {
        var first = await StartAsync();

        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(attempt: "b"));
        Assert.Equal((ErrorId.PortInUse, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains("A container of static environment cs7 runs on o2wn01 already", failure.Message, StringComparison.Ordinal);
        Assert.Contains(first.Name, failure.RecommendedAction!, StringComparison.Ordinal);

        Assert.Equal("42", (await StartAsync(PlanRequests.Job)).JobId);
    }

    [Fact]
    public async Task It_is_no_job_s_and_a_stop_of_the_job_that_bears_its_name_leaves_it_alone()
    {
        await StartAsync(PlanRequests.Static with { Id = WorkloadId.StaticEnvironment("42") });
        Assert.Empty(await FindAllAsync());
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, default);
        var job = Assert.Single(await FindAllAsync());
        Assert.Equal(["o2wn01", "o2wn02"], job.Nodes.Select(node => node.Name));
        Assert.Equal(2, Engine.Containers.Count);

        var request = new JobStopRequest { Job = job, Nodes = JobCluster.NodeNames, RunDirectory = "/run/pisahpc" };
        await _cluster.Stopper.StopAsync(request, FakeCluster.Unexpected, default);

        Assert.Equal("pisahpc-static-42", Assert.Single(Engine.Containers).Name);
    }

    [Fact]
    public async Task A_node_s_jobs_are_told_without_it()
    {
        await StartAsync();
        await StartAsync(PlanRequests.Job);
        _cluster.Nodes.OnRun = (_, _, _) => FakeCluster.Result(0, "end\t1\n");

        var node = await NodeSurvey.ReadAsync(_cluster.Nodes.Cluster, "o2wn01", default);

        Assert.Equal(("Ready", 1), (node.State, node.Containers));
        Assert.Equal(["42"], node.Jobs);
    }

    [Fact]
    public void A_container_whose_labels_name_neither_is_visible_and_nobody_s()
    {
        var stranger = RecordedContainers.First with { Labels = new Dictionary<string, string> { [ContainerLabels.Schema] = "3" } };
        Assert.Null(ContainerLabels.WorkloadOf(stranger));
        var shown = ContainerLabels.ToHpcContainer("o2wn01", stranger);
        Assert.Equal((null, null, stranger.Name, stranger.Id), (shown.JobId, shown.Static, shown.Name, shown.Id));
    }

    private Task<HpcContainer> StartAsync(Workload? workload = null, string attempt = "0123abcd") => ContainerStarter.StartAsync(
        Engine,
        ContainerPlanner.Plan(PlanRequests.For(PlanRequests.Environment) with { Workload = workload ?? PlanRequests.Static, Attempt = attempt }),
        default);

    private Task<IReadOnlyList<HpcJob>> FindAllAsync() => _cluster.Finder.FindAsync(null, JobCluster.NodeNames, default);
}
