using PisaHpc.Access;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Unit.Environments;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>Jobs that are placed into static environments' containers are found by what their agents say of them.</summary>
public sealed class PlacedJobsTests
{
    private static readonly string Id = new('a', 64);

    private static readonly string Agent = $"""
        {Id} 1790000000
        /var/lib/pisahpc/static/cs7/.agent/0123456789abcdef/pisahpc-agent
        serve
        /run/pisahpc/42/agent/socket
        --user
        4001:4001:5001
        --label
        pisahpc.job=42
        --label
        pisahpc.nodes=o2wn01*32
        --label
        pisahpc.access=Ssh
        --
        --label
        pisahpc.job=not-an-argument-of-the-agent


        """;

    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task A_job_is_the_container_with_the_labels_that_its_agent_carries()
    {
        Answer(Agent + Agent);
        Add("cs7");
        var job = Assert.Single(await ListAsync());
        Assert.Equal((Id, "pisahpc-static-cs7", ContainerState.Running), (job.Id, job.Name, job.State));
        Assert.Equal(("42", "cs7", "o2wn01*32"), (job.Labels[ContainerLabels.Job], job.Labels[ContainerLabels.Static], job.Labels[ContainerLabels.Nodes]));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1790000000), job.CreatedAt);
        Assert.Equal(nameof(AccessKind.Ssh), ContainerLabels.ToHpcContainer("o2wn01", job).Access);
        Assert.Equal("42", ContainerLabels.WorkloadOf(job)!.JobId);
    }

    [Fact]
    public async Task An_agent_in_another_container_places_nothing()
    {
        Answer(Agent);
        Add(name: null);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_command_in_a_job_looks_for_a_container_of_its_own_first()
    {
        Answer(Agent);
        Add("cs7");
        var running = await PlacedJobs.RunningOnAsync(_cluster, _cluster, "42", "o2wn01", default);
        Assert.Equal("cs7", running.Labels[ContainerLabels.Static]);
        var none = await Assert.ThrowsAsync<HpcException>(() => PlacedJobs.RunningOnAsync(_cluster, _cluster, "43", "o2wn01", default));
        Assert.Equal(ErrorId.JobNotFound, none.Id);
    }

    [Fact]
    public async Task A_static_environment_of_a_site_that_places_jobs_sees_their_directories()
    {
        Assert.DoesNotContain((await new StaticCluster().PlanOneAsync()).GetSpec().Mounts, mount => mount.MakesSource);
        var placing = StaticCluster.Declared.Replace("environments:", "environments:\n  placed: { static: cs7 }", StringComparison.Ordinal);
        var mount = (await new StaticCluster(placing).PlanOneAsync()).GetSpec().Mounts.Single(mount => mount.MakesSource);
        Assert.Equal(("/run/pisahpc", "/run/pisahpc", false), (mount.Source, mount.Target, mount.ReadOnly));
    }

    private void Answer(string output) => _cluster.OnRun = (_, _, _) => FakeCluster.Result(0, output);

    private void Add(string? name)
    {
        var labels = new Dictionary<string, string>();
        if (name is not null)
        {
            labels[ContainerLabels.Static] = name;
        }

        _cluster.EngineOf("o2wn01").Add(new EngineContainer
        {
            Id = Id,
            Name = $"pisahpc-static-{name}",
            Image = "pisa/cs7:1",
            State = ContainerState.Running,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Labels = labels,
        });
    }

    private async Task<IReadOnlyList<EngineContainer>> ListAsync() => await PlacedJobs.ListAsync(
        await ((PisaHpc.Nodes.INodeConnector)_cluster).ConnectAsync("o2wn01", default), _cluster.EngineOf("o2wn01"), default);
}
