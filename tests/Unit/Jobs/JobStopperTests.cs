using PisaHpc.Engines;
using PisaHpc.Jobs;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs;

public sealed class JobStopperTests : IDisposable
{
    private readonly JobCluster _cluster = new();
    private readonly List<string> _failed = [];
    private readonly List<string> _unasked = [];

    public JobStopperTests() => _cluster.OnFailure = failure => _failed.Add(failure.Node);

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_stopped_job_leaves_nothing_and_stopping_it_twice_is_fine()
    {
        await StartAsync();

        var first = await StopAsync(await FindAsync());
        var second = await StopAsync(await FindAsync());

        Assert.Equal((nameof(JobState.Stopped), true), (first.State, first.Changed));
        Assert.Equal((nameof(JobState.Stopped), false), (second.State, second.Changed));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_stop_does_what_was_predicted()
    {
        await StartAsync();
        var found = await FindAsync();

        var predicted = JobStopper.Predict(found);
        var stopped = await StopAsync(found);

        Assert.Equal(stopped.Nodes, predicted.Nodes);
        Assert.Equal(stopped with { Nodes = [] }, predicted with { Nodes = [] });
        Assert.False(JobStopper.Predict(await FindAsync()).Changed);
    }

    [Fact]
    public async Task A_job_is_rebuilt_from_the_nodes_alone()
    {
        var started = await StartAsync();

        var found = await FindAsync();

        Assert.Equal(started.Nodes, found.Nodes);
        Assert.Equal(
            (started.JobId, started.Environment, started.Image, started.Owner, started.Port, started.Directory, nameof(JobState.Running)),
            (found.JobId, found.Environment, found.Image, found.Owner, found.Port, found.Directory, found.State));
    }

    [Fact]
    public async Task A_job_that_lost_a_container_is_degraded()
    {
        await StartAsync();
        var engine = _cluster.Nodes.EngineOf("o2wn02");
        engine.Exit(engine.Containers[0].Id, 137);

        var found = await FindAsync();

        Assert.Equal(nameof(JobState.Degraded), found.State);
        Assert.Equal(nameof(ContainerState.Exited), found.Nodes[1].State);
    }

    [Fact]
    public async Task A_lease_alone_is_a_leftover_that_names_the_jobs_nodes()
    {
        await StartAsync();
        foreach (var node in JobCluster.NodeNames)
        {
            await _cluster.Nodes.EngineOf(node).RemoveAsync(_cluster.Nodes.EngineOf(node).Containers[0].Id, CancellationToken.None);
        }

        var found = await FindAsync();

        Assert.Equal(nameof(JobState.Leftover), found.State);
        Assert.Equal([("o2wn01", 32), ("o2wn02", 24)], found.Nodes.Select(node => (node.Name, node.Slots)));
    }

    [Fact]
    public async Task A_node_that_cannot_be_cleaned_is_reported_and_the_lease_kept_for_the_next_stop()
    {
        await StartAsync();
        _cluster.Nodes.FailOn("o2wn02", FakeStep.Remove, new HpcException(ErrorId.NodeUnreachable, "the node is gone", "o2wn02"));

        var first = await StopAsync(await FindAsync());
        Assert.Equal(nameof(JobState.Leftover), first.State);
        Assert.Equal(["o2wn02"], _failed);
        Assert.Single(_cluster.Ports.Area.List());

        _cluster.Nodes.Before("o2wn02", FakeStep.Remove, _ => Task.CompletedTask);
        var second = await StopAsync(await FindAsync());
        Assert.Equal(nameof(JobState.Stopped), second.State);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task An_engine_that_is_down_keeps_no_keys_on_its_node()
    {
        await StartAsync();
        _cluster.Nodes.FailOn(
            "o2wn02", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "the engine is down", "o2wn02"));

        await StopAsync(HpcJob.None("42"));

        Assert.Equal(["o2wn02"], _failed);
        Assert.DoesNotContain(_cluster.Leftovers(), left => left.StartsWith("directory", StringComparison.Ordinal));
        Assert.Contains(_cluster.Leftovers(), left => left.StartsWith("lease", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_of_which_nothing_is_found_while_strangers_do_not_answer_is_not_found_and_leaves_nothing()
    {
        _cluster.Nodes.FailOn(
            "o2wn02", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "the engine is down", "o2wn02"));

        var never = await StopAsync(Anywhere());

        Assert.Equal((nameof(JobState.NotFound), false), (never.State, never.Changed));
        Assert.Equal(["o2wn02"], _unasked);
        Assert.Empty(_failed);
        Assert.Equal(nameof(JobState.NotFound), JobStopper.Predict(HpcJob.None("42"), unasked: true).State);
    }

    [Fact]
    public async Task A_job_of_which_nothing_is_found_where_every_node_answers_is_stopped() =>
        Assert.Equal(nameof(JobState.Stopped), (await StopAsync(Anywhere())).State);

    [Fact]
    public async Task A_job_that_is_found_without_a_lease_is_stopped_though_strangers_do_not_answer()
    {
        await StartAsync();
        _cluster.Ports.Area.Release("42");
        _cluster.Nodes.FailOn(
            "stranger", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "the engine is down", "stranger"));
        var found = await FindAsync();

        var stopped = await StopAsync(Anywhere() with { Job = found, Elsewhere = [.. JobCluster.NodeNames, "stranger"] });

        Assert.Equal((nameof(JobState.Stopped), true), (stopped.State, stopped.Changed));
        Assert.Equal(["stranger"], _unasked);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task Only_a_container_that_runs_is_given_time_to_end()
    {
        await StartAsync();
        var engine = _cluster.Nodes.EngineOf("o2wn01");
        engine.Exit(engine.Containers[0].Id, 1);

        await StopAsync(await FindAsync(), TimeSpan.FromSeconds(1));
        Assert.Equal(["o2wn02"], _cluster.Nodes.Calls.Where(call => call.Step == FakeStep.Stop).Select(call => call.Node));

        await StartAsync();
        await StopAsync(await FindAsync());
        Assert.Single(_cluster.Nodes.Calls, call => call.Step == FakeStep.Stop);
    }

    [Fact]
    public async Task A_container_that_appears_while_the_job_is_being_stopped_is_removed_too()
    {
        await StartAsync();
        var engine = _cluster.Nodes.EngineOf("o2wn01");
        var late = engine.Containers[0] with { Id = "late", Name = "late", State = ContainerState.Created };
        _cluster.Nodes.Before("o2wn01", FakeStep.Run, _ =>
        {
            engine.Add(late);
            return Task.CompletedTask;
        });

        await StopAsync(await FindAsync());

        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_job_that_somebody_starts_is_not_stopped_in_the_midst_and_the_message_names_him()
    {
        using var hold = _cluster.Ports.Area.Hold(TestArea.Request("42") with { Nodes = "o2wn01*32" });
        _cluster.StopPatience = TimeSpan.FromMilliseconds(50);
        var found = await FindAsync();

        var failure = await Assert.ThrowsAsync<HpcException>(() => StopAsync(found));

        Assert.Equal(nameof(JobState.Starting), found.State);
        Assert.Equal((ErrorId.JobBeingStarted, "42"), (failure.Id, failure.Target));
        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_cluster.Nodes.Calls, call => call.Step is FakeStep.Remove
            || (call.Step is FakeStep.Run && !call.Subject.Contains("placed-list.sh", StringComparison.Ordinal)));
        hold.Dispose();
        Assert.Equal(nameof(JobState.Stopped), (await StopAsync(await FindAsync())).State);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_stop_waits_until_a_start_has_ended()
    {
        var hold = _cluster.Ports.Area.Hold(TestArea.Request("42") with { Nodes = "o2wn01*32" });

        var stopping = StopAsync(await FindAsync());
        Assert.NotSame(stopping, await Task.WhenAny(stopping, Task.Delay(100)));
        hold.Dispose();

        Assert.Equal(nameof(JobState.Stopped), (await stopping).State);
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task What_a_requeued_job_left_on_its_earlier_nodes_is_found_and_stopped()
    {
        await StartAsync();
        await StartAsync(JobCluster.Request("o2wn03"));
        var found = (await _cluster.Finder.FindAsync(["42"], [], CancellationToken.None)).Single();

        Assert.Equal([("o2wn03", 8), ("o2wn01", 0), ("o2wn02", 0)], found.Nodes.Select(node => (node.Name, node.Slots)));
        Assert.All(found.Nodes, node => Assert.Equal(nameof(ContainerState.Running), node.State));
        await StopAsync(new JobStopRequest { Job = found, RunDirectory = "/run/pisahpc" });

        Assert.Empty(_cluster.Leftovers());
        Assert.Empty(_cluster.Nodes.EngineOf("o2wn03").Containers);
    }

    [Fact]
    public async Task A_requeued_job_runs_though_its_earlier_nodes_are_empty()
    {
        await StartAsync();
        foreach (var node in JobCluster.NodeNames)
        {
            await _cluster.Nodes.EngineOf(node).RemoveAsync(_cluster.Nodes.EngineOf(node).Containers[0].Id, CancellationToken.None);
        }

        await StartAsync(JobCluster.Request("o2wn03"));

        var found = await FindAsync();
        Assert.Equal((nameof(JobState.Running), 8), (found.State, found.TotalSlots));
    }

    [Fact]
    public async Task Of_two_containers_on_a_node_the_newer_one_is_the_jobs()
    {
        var started = await StartAsync();
        var engine = _cluster.Nodes.EngineOf("o2wn02");
        foreach (var age in Enumerable.Range(1, 8))
        {
            var container = engine.Containers.Single(one => one.Name == started.Nodes[1].Container);
            var name = $"old{age}";
            var created = container.CreatedAt.AddHours(-age);
            engine.Add(container with { Id = name, Name = name, State = ContainerState.Exited, CreatedAt = created });
        }

        var found = await FindAsync();

        Assert.Equal(started.Nodes, found.Nodes);
        Assert.Equal(nameof(JobState.Running), found.State);
    }

    private static JobStopRequest Anywhere() =>
        new() { Job = HpcJob.None("42"), Elsewhere = JobCluster.NodeNames, RunDirectory = "/run/pisahpc" };

    private async Task<HpcJob> StartAsync(JobRequest? request = null)
    {
        var job = HpcJob.None("42");
        await _cluster.Starter.StartAsync(
            request ?? JobCluster.Request(), started => Task.FromResult(job = started), CancellationToken.None);
        return job;
    }

    private async Task<HpcJob> FindAsync() =>
        (await _cluster.Finder.FindAsync(["42"], JobCluster.NodeNames, CancellationToken.None)).SingleOrDefault() ?? HpcJob.None("42");

    private Task<HpcJob> StopAsync(HpcJob job, TimeSpan grace = default) =>
        StopAsync(new JobStopRequest { Job = job, Nodes = JobCluster.NodeNames, RunDirectory = "/run/pisahpc", Grace = grace });

    private Task<HpcJob> StopAsync(JobStopRequest request) => _cluster.Stopper.StopAsync(
        request, failure => _unasked.Add(failure.Node), CancellationToken.None);
}
