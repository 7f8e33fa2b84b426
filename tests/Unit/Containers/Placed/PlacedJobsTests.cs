using PisaHpc.Access;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Unit.Environments;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers.Placed;

/// <summary>Jobs that are placed into static environments' containers are found by what root has written down of them.</summary>
public sealed class PlacedJobsTests
{
    private static readonly string Id = new('a', 64);

    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task A_job_is_seen_as_the_container_with_the_labels_that_are_written_down()
    {
        Answer(Line("42", "alive yes"));
        var job = Assert.Single(await ListAsync());
        var seen = job.ToContainer();
        Assert.Equal((Id, "pisahpc-static-cs7", ContainerState.Running), (seen.Id, seen.Name, seen.State));
        Assert.Equal(("42", "cs7", "o2wn01*32"), (seen.Labels[ContainerLabels.Job], seen.Labels[ContainerLabels.Static], seen.Labels[ContainerLabels.Nodes]));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1790000000), seen.CreatedAt);
        Assert.Equal(nameof(AccessKind.Ssh), ContainerLabels.ToHpcContainer("o2wn01", seen).Access);
        Assert.True(PlacedJob.IsPlaced(seen));
        Assert.Equal(("/run/pisahpc/.static/cs7/42", "17", true), (job.Directory, job.Identity, job.IsThere));
    }

    [Theory]
    [InlineData("alive yes", ContainerState.Running, true)]
    [InlineData("pending no", ContainerState.Created, true)]
    [InlineData("gone yes", ContainerState.Exited, true)]
    [InlineData("gone no", ContainerState.Exited, false)]
    public async Task It_runs_as_long_as_its_agent_does_and_is_there_as_long_as_a_process_is(string facts, ContainerState state, bool isThere)
    {
        Answer(Line("42", facts));
        var job = Assert.Single(await ListAsync());
        Assert.Equal((state, isThere), (job.ToContainer().State, job.IsThere));
    }

    [Theory]
    [InlineData("43", """{"Image":"i","Labels":{"pisahpc.job":"42","pisahpc.static":"cs7"}}""")]
    [InlineData("42", """{"Image":"i","Labels":{"pisahpc.job":"42"}}""")]
    [InlineData("42", """{"Image":"i","Labels":{"pisahpc.job":"4\n2","pisahpc.static":"cs7"}}""")]
    [InlineData("42", """{"Image":"i"}""")]
    [InlineData("42", "nonsense")]
    public async Task What_is_written_for_no_job_or_another_is_none(string name, string record)
    {
        Answer(Line(name, "alive yes", record));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task An_answer_that_was_cut_is_a_failure()
    {
        _cluster.OnRun = (_, _, _) => FakeCluster.Result(0, Line("42", "alive yes"));
        Assert.Equal(ErrorId.NodeCommandFailed, (await Assert.ThrowsAsync<HpcException>(ListAsync)).Id);
    }

    [Fact]
    public async Task A_command_in_a_job_looks_for_a_container_of_its_own_first_and_for_an_agent_then()
    {
        Answer(Line("42", "alive yes") + Line("44", "gone yes", Record("44")));
        var running = await PlacedJobs.RunningOnAsync(_cluster.Cluster, "42", "o2wn01", default);
        Assert.Equal("cs7", running.Labels[ContainerLabels.Static]);
        foreach (var other in (string[])["43", "44"])
        {
            var none = await Assert.ThrowsAsync<HpcException>(() => PlacedJobs.RunningOnAsync(_cluster.Cluster, other, "o2wn01", default));
            Assert.Equal(ErrorId.JobNotFound, none.Id);
        }
    }

    [Fact]
    public async Task A_static_environment_that_takes_jobs_sees_their_directories_and_no_others()
    {
        Assert.DoesNotContain((await new StaticCluster().PlanOneAsync()).GetSpec().Mounts, mount => mount.MakesSource);
        var taking = StaticCluster.Declared.Replace("port: 2201", "port: 2201, jobs: true", StringComparison.Ordinal);
        var plan = await new StaticCluster(taking).PlanOneAsync();
        var mount = plan.GetSpec().Mounts.Single(mount => mount.MakesSource);
        Assert.Equal(("/run/pisahpc/.static/cs7", "/run/pisahpc/.static/cs7", false), (mount.Source, mount.Target, mount.ReadOnly));
        Assert.NotEqual((await new StaticCluster().PlanOneAsync()).Generation, plan.Generation);
    }

    private static string Record(string job) =>
        $$$"""{"Image":"pisa/cs7:1","Labels":{"pisahpc.job":"{{{job}}}","pisahpc.static":"cs7","pisahpc.nodes":"o2wn01*32","pisahpc.access":"Ssh"}}""";

    private static string Line(string name, string facts, string? record = null) =>
        $"{name} 17 1790000000 {Id} 1879070200 /run/pisahpc/.static/cs7/{name} {facts}\n{record ?? Record("42")}\n";

    private void Answer(string lines) => _cluster.OnRun = (_, _, _) => FakeCluster.Result(0, lines + "end\n");

    private async Task<IReadOnlyList<PlacedJob>> ListAsync() =>
        await (await PlacedJobs.OnAsync(_cluster.Cluster, "o2wn01", default)).ListAsync(default);
}
