using PisaHpc.Access;
using PisaHpc.Access.Exec;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Mpi;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>A container that its engine alone gets into.</summary>
public sealed class ExecAccessTests
{
    private readonly FakeCluster _cluster = new() { OnRun = (_, _, _) => throw new InvalidOperationException("Nothing runs on the node.") };

    private FakeEngine Engine => _cluster.EngineOf("o2wn01");

    [Fact]
    public void Its_plan_has_nothing_of_ssh()
    {
        var environment = PlanRequests.Environment with { NetworkMode = NetworkMode.Bridge };
        var plan = ContainerPlanner.Plan(RequestFor(environment) with { PublishedPorts = [8080] });
        var spec = plan.GetSpec();

        Assert.Equal(("Exec", 0, ""), (plan.Access, plan.Port, plan.Directory));
        Assert.Equal(["sh", "Access/Exec/sleep-and-reap.sh"], [spec.Command[0], spec.Command[^1]]);
        Assert.Empty(spec.Mounts);
        Assert.Equal([8080], spec.PublishedPorts);
        Assert.Equal("Exec", spec.Labels["pisahpc.access"]);
        Assert.Empty(spec.Labels.Keys.Intersect(["pisahpc.port", "pisahpc.directory"]));
        Assert.Equal("exec access", plan.Options.Single(option => option.Name == "command").Origin);
    }

    [Fact]
    public void Its_commands_find_the_user_s_variables_as_a_login_would_and_the_environment_s_count_more()
    {
        var environment = PlanRequests.Environment with { Variables = new Dictionary<string, string> { ["HOME"] = "/scratch", ["OMP"] = "2" } };
        var owner = PlanRequests.Owner with { Home = "/home/hpcuser" };
        var request = RequestFor(environment) with { Workload = PlanRequests.Job with { Owner = owner } };

        var variables = ContainerPlanner.Plan(request).Options.Where(option => option.Name == "env");

        Assert.Equal(
            ["HOME=/scratch built-in", "LOGNAME=hpcuser owner", "OMP=2 built-in", "USER=hpcuser owner"],
            variables.Select(option => $"{option.Value} {option.Origin}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_is_planned_started_ready_entered_and_stopped()
    {
        var asked = new List<ExecutionRequest>();
        _cluster.OnExecute = (_, request) =>
        {
            asked.Add(request);
            return FakeExecution.Ended(0, "uid=4001(hpcuser)\n");
        };

        var ready = await ReadyAsync(await StartAsync());
        Assert.Equal((true, "Running", "Exec"), (ready.Ready, ready.State, ready.Access));

        await using var process = await ready.GetAccess().StartAsync(await EntryAsync(ready), ["id"], default);
        using var output = new StreamReader(process.Output);
        Assert.Equal("uid=4001(hpcuser)\n", await output.ReadToEndAsync());
        Assert.Equal(["true", "id"], asked.Select(request => string.Join(' ', request.Command)));
        Assert.All(asked, request => Assert.Null(request.User));

        Assert.True((await ContainerStopper.StopAsync(Engine, ready, TimeSpan.Zero, default)).Changed);
        Assert.Empty(Engine.Containers);
    }

    [Fact]
    public async Task A_static_environment_can_be_entered_so_as_well()
    {
        var ready = await ReadyAsync(await StartAsync(RequestFor(PlanRequests.Environment) with { Workload = PlanRequests.Static }));
        Assert.Equal((null, "cs7", true), (ready.JobId, ready.Static, ready.Ready));
    }

    [Fact]
    public async Task Its_labels_tell_how_it_is_entered_and_labels_without_a_word_of_it_mean_ssh()
    {
        await StartAsync();
        Assert.IsType<ExecAccess>(ContainerLabels.ToHpcContainer("o2wn01", Engine.Containers.Single()).GetAccess());
        Assert.Equal(
            new SshAccess("/run/pisahpc/recorded-4711", 22735),
            ContainerLabels.ToHpcContainer("o2wn01", RecordedContainers.First).GetAccess());
    }

    [Fact]
    public async Task A_command_that_does_not_work_at_once_is_tried_again()
    {
        var refusals = new Queue<Func<FakeExecution>>(
        [
            () => throw new HpcException(ErrorId.ContainerNotReady, "it is not running", "o2wn01"),
            () => throw new HpcException(ErrorId.NodeCommandFailed, "no such file: /bin/sh", "o2wn01"),
            () => FakeExecution.Ended(126),
        ]);
        _cluster.OnExecute = (_, _) => refusals.TryDequeue(out var refuse) ? refuse() : FakeExecution.Ended(0);
        Assert.True((await ReadyAsync(await StartAsync())).Ready);
        Assert.Empty(refusals);
    }

    [Fact]
    public async Task One_in_which_no_command_works_is_not_ready_and_says_why()
    {
        _cluster.OnExecute = (_, _) => FakeExecution.Ended(127);
        var failure = await Assert.ThrowsAsync<HpcException>(async () => await ReadyAsync(await StartAsync(), seconds: 1));
        Assert.Equal((ErrorId.ContainerNotReady, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains("within 1 s: the command true ended with code 127; its log is empty", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_whose_command_never_ends_is_not_ready_and_the_command_is_ended()
    {
        var hanging = FakeExecution.Running();
        _cluster.OnExecute = (_, _) => hanging;
        var failure = await Assert.ThrowsAsync<HpcException>(async () => await ReadyAsync(await StartAsync(), seconds: 1));
        Assert.Contains("within 1 s: no command ended in it", failure.Message, StringComparison.Ordinal);
        Assert.Equal(143, await hanging.WaitAsync(default));
    }

    [Fact]
    public async Task One_that_ended_did_not_use_up_its_time()
    {
        var started = await StartAsync();
        _cluster.OnExecute = (_, _) =>
        {
            Engine.Exit(started.Id, 127);
            return FakeExecution.Running();
        };
        var failure = await Assert.ThrowsAsync<HpcException>(() => ReadyAsync(started));
        Assert.Contains("ended before it was ready (exit code 127)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_goes_away_is_no_container_that_is_not_ready()
    {
        var started = await StartAsync();
        _cluster.FailOn("o2wn01", FakeStep.Execute, new HpcException(ErrorId.EngineUnavailable, "It does not answer.", "o2wn01"));
        Assert.Equal(ErrorId.EngineUnavailable, (await Assert.ThrowsAsync<HpcException>(() => ReadyAsync(started))).Id);
    }

    [Fact]
    public async Task Whoever_waits_for_it_can_be_interrupted()
    {
        using var stop = new CancellationTokenSource();
        var hanging = FakeExecution.Running();
        _cluster.OnExecute = (_, _) =>
        {
            stop.Cancel();
            return hanging;
        };
        var started = await StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadyAsync(started, stop: stop.Token));
        Assert.Equal(143, await hanging.WaitAsync(default));
    }

    [Fact]
    public async Task MPI_needs_an_sshd_and_says_so()
    {
        await StartAsync();
        var job = await MpiJob.FindAsync(_cluster.Cluster, "42", "o2wn01", default);
        var failure = Assert.Throws<HpcException>(() => job.RequestFor([], "hostname", MpiLauncher.Ssh));
        Assert.Equal((ErrorId.SshAccessMissing, "42"), (failure.Id, failure.Target));
        Assert.Contains("they are entered by their engine alone", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => job.RequestFor([], "hostname", MpiLauncher.Srun)).Id);
        var agentless = job with { Scheduler = nameof(Scheduler.Slurm) };
        Assert.Equal(ErrorId.AgentMissing, Assert.Throws<HpcException>(() => agentless.RequestFor([], "hostname", MpiLauncher.Srun)).Id);
    }

    private static PlanRequest RequestFor(HpcEnvironment environment) => PlanRequests.For(environment) with { Access = new ExecAccess() };

    private Task<HpcContainer> StartAsync(PlanRequest? request = null) =>
        ContainerStarter.StartAsync(Engine, ContainerPlanner.Plan(request ?? RequestFor(PlanRequests.Environment)), default);

    private async Task<HpcContainer> ReadyAsync(HpcContainer container, int seconds = 60, CancellationToken stop = default)
    {
        var entry = await EntryAsync(container);
        return await ReadinessCheck.WaitAsync(entry.Connection, Engine, container, TimeSpan.FromSeconds(seconds), stop);
    }

    private async Task<ContainerEntry> EntryAsync(HpcContainer container) =>
        new(await ((INodeConnector)_cluster).ConnectAsync(container.Node, default), Engine, container.Id);
}
