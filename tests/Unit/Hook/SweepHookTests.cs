using PisaHpc.Batch;
using PisaHpc.Hook;
using PisaHpc.Ports;
using PisaHpc.Sites;
using PisaHpc.Unit.Jobs.Orphans;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Hook;

/// <summary>A sweep's exit code: 0 where all that could be judged was, and nothing of it is left.</summary>
public sealed class SweepHookTests : IDisposable
{
    private readonly OrphanCluster _cluster = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _cluster.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Where_there_is_nothing_to_sweep_it_says_nothing()
    {
        Assert.Equal(HookExit.Done, await SweepAsync());
        Assert.Equal("", _output.ToString() + _error);
    }

    [Fact]
    public async Task An_orphan_goes_and_a_line_says_why()
    {
        await _cluster.StartAsync();
        Assert.Equal(HookExit.Done, await SweepAsync());
        Assert.Equal("pisahpc-hook: job 42 is removed from o2wn[01-02]: Slurm does not know it\n", _output.ToString());
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task A_dry_run_says_what_would_go()
    {
        await _cluster.StartAsync();
        var before = _cluster.Leftovers();
        Assert.Equal(HookExit.Done, await SweepAsync("-WhatIf"));
        Assert.Equal("pisahpc-hook: job 42 would be removed from o2wn[01-02]: Slurm does not know it\n", _output.ToString());
        Assert.Equal(before, _cluster.Leftovers());
    }

    [Fact]
    public async Task Without_the_batch_systems_answer_everything_is_left_to_the_caller_s_next_time()
    {
        await _cluster.StartAsync();
        _cluster.OnAsk = () => throw new HpcException(ErrorId.BatchSystemFailed, "it is away");
        var failure = await Assert.ThrowsAsync<HpcException>(() => SweepAsync());
        Assert.Equal(HookExit.MayPass, HookExit.Of(failure, nodes: 0));
        Assert.Equal(0, _cluster.Changes);
    }

    [Fact]
    public async Task A_node_that_cannot_be_cleaned_is_for_the_next_time_and_keeps_no_other_job_from_it()
    {
        await _cluster.StartAsync("42", nodes: "o2wn01");
        await _cluster.StartAsync("43", nodes: "o2wn02");
        _cluster.Jobs.Nodes.FailOn("o2wn01", FakeStep.Remove, new HpcException(ErrorId.EngineTimeout, "it hangs", "o2wn01"));
        Assert.Equal(HookExit.MayPass, await SweepAsync());
        Assert.Contains("pisahpc-hook: EngineTimeout on o2wn01: it hangs\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("something of job 42 is left on o2wn01: the next sweep goes on", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("pisahpc-hook: job 43 is removed from o2wn02: Slurm does not know it\n", _output.ToString());
    }

    [Fact]
    public async Task Jobs_that_nobody_can_judge_are_named_and_are_no_failure()
    {
        await _cluster.StartAsync("mine", Scheduler.Manual);
        Assert.Equal(HookExit.Done, await SweepAsync());
        Assert.Equal(
            "pisahpc-hook: warning: 1 job left as found, for nobody can say whether they live: job mine is no batch system's, "
            + "and a container of it runs.\n",
            _error.ToString());
        _cluster.EndContainers("o2wn01", "o2wn02");
        await SweepAsync();
        Assert.Contains("Name those of no batch system that are to go.", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(HookExit.Done, await SweepAsync("mine"));
        Assert.Empty(_cluster.Leftovers());
    }

    [Fact]
    public async Task Beside_another_sweep_of_the_site_it_says_so_and_does_nothing()
    {
        await _cluster.StartAsync();
        using (var other = AreaLock.TryTakeSweep(_cluster.Jobs.Ports.Path))
        {
            Assert.NotNull(other);
            Assert.Equal(HookExit.Done, await SweepAsync());
            Assert.Contains("another sweep is at it", _error.ToString(), StringComparison.Ordinal);
            Assert.Equal(0, _cluster.Changes);
        }

        Assert.Equal(HookExit.Done, await SweepAsync());
        Assert.Empty(_cluster.Leftovers());
        Assert.Equal(5, _cluster.Jobs.Ports.FoundFree().Count);
    }

    [Fact]
    public async Task A_job_that_was_named_and_stays_is_told_with_why()
    {
        await _cluster.StartAsync();
        _cluster.Known["42"] = OrphanCluster.Lives();
        Assert.Equal(HookExit.Done, await SweepAsync("42"));
        Assert.Equal("pisahpc-hook: warning: left as it is: job 42 is RUNNING\n", _error.ToString());
    }

    [Fact]
    public async Task Nodes_that_are_off_and_that_no_job_names_are_one_line_and_no_failure()
    {
        foreach (var node in (string[])["o2wn02", "o2wn03"])
        {
            _cluster.Jobs.Nodes.FailOn(node, FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "it is off", node));
        }

        Assert.Equal(HookExit.Done, await SweepAsync());
        Assert.Equal("pisahpc-hook: no answer, and no job there that is known: o2wn[02-03]\n", _error.ToString());
    }

    [Theory]
    [InlineData(ErrorId.HostKeyChanged, HookExit.WillNotPass)]
    [InlineData(ErrorId.EngineTimeout, HookExit.MayPass)]
    [InlineData(null, HookExit.Bug)]
    public async Task What_somebody_has_to_see_to_does_not_end_as_what_may_pass(ErrorId? id, int code)
    {
        _cluster.Jobs.Nodes.FailOn(
            "o2wn02", FakeStep.Connect, id is { } known ? new HpcException(known, "it is so", "o2wn02") : new InvalidOperationException("a bug"));
        _cluster.Jobs.Nodes.FailOn("o2wn01", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "it is down", "o2wn01"));
        Assert.Equal(code, await SweepAsync());
    }

    [Theory]
    [InlineData(ErrorId.BatchSystemFailed, true, HookExit.WillNotPass)]
    [InlineData(ErrorId.BatchSystemFailed, false, HookExit.MayPass)]
    [InlineData(ErrorId.PlatformNotSupported, false, HookExit.WillNotPass)]
    public async Task A_batch_system_that_can_never_say_is_told_from_one_that_is_away(ErrorId id, bool isLasting, int code)
    {
        await _cluster.StartAsync();
        _cluster.OnAsk = () => throw new HpcException(id, "it does not say") { IsLasting = isLasting };
        Assert.Equal(code, HookExit.OfSweep(await Assert.ThrowsAsync<HpcException>(() => SweepAsync())));
    }

    [Fact]
    public async Task A_site_that_lists_no_node_is_swept_by_nobody() =>
        Assert.Equal(ErrorId.InvalidValue, (await Assert.ThrowsAsync<HpcException>(() => SweepAsync(nodes: null, options: []))).Id);

    private Task<int> SweepAsync(params string[] options) => SweepAsync("o2wn[01-03]", options);

    private Task<int> SweepAsync(string? nodes, string[] options)
    {
        var log = new HookLog(_output, _error);
        var site = new HpcSite
        {
            Nodes = new NodeAccess { Names = nodes is null ? [] : [nodes] },
            PortArea = new PortAreaDefinition(_cluster.Jobs.Ports.Path, 40000, 40004, TimeSpan.FromHours(1)),
        };
        return new SweepHook(site, _cluster.Jobs.Nodes.Cluster with { Failed = log.Fail }, log, _ => _cluster.OnAsk())
            .RunAsync(HookOptions.Read(["sweep", .. options]), CancellationToken.None);
    }
}
