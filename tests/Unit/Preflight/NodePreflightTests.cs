using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Preflight;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Preflight;

/// <summary>How the evidence of a node is gathered: what is asked, what is not, and that nothing stays behind.</summary>
public sealed class NodePreflightTests
{
    private const string Facts = "now\t1700000000\nkernel\t6.1.0\nrun\ttmpfs\nmemory\t263856128\nend\t1\n";
    private static readonly string Digest = FakeImageStore.Digest('a');

    private readonly FakeCluster _cluster = new() { OnRun = (_, _, _) => FakeCluster.Result(0, Facts) };
    private readonly FakeEngine _engine;

    public NodePreflightTests()
    {
        _engine = _cluster.EngineOf("o2wn01");
        _engine.Store.Add(FakeImageStore.Image("registry.lab:5000/pisa/hpc", Digest, "registry.lab:5000/pisa/hpc:deb12"));
        _engine.Log =
        [
            Line("Limit                     Soft Limit           Hard Limit           Units     "),
            Line("Max open files            20000                20000                files     "),
            Line("Max locked memory         8388608              8388608              bytes     "),
            Line("1048576"),
            Line("shm                65536       0     65536   0% /dev/shm"),
            Line("that is all"),
        ];
        _cluster.RegistryDigests["registry.lab:5000/pisa/hpc:deb12"] = Digest;
    }

    [Fact]
    public async Task A_container_is_looked_into_and_removed()
    {
        var checks = await RunAsync("Memlock", "Shm");
        Assert.Equal(["Failed", "Failed"], checks.Select(check => check.Result));
        Assert.Contains("8.0 MiB inside, unlimited asked for", checks[0].Evidence, StringComparison.Ordinal);
        Assert.Contains("64.0 MiB inside, 8.0 GiB asked for", checks[1].Evidence, StringComparison.Ordinal);
        var spec = Assert.Single(_engine.Created);
        Assert.True(spec.AutoRemove);
        Assert.Equal(["ALL"], spec.CapabilitiesDropped);
        Assert.Equal(("65534:65534", -1L), (spec.User, spec.MemlockBytes));
        Assert.Empty(_engine.Containers);
    }

    [Theory]
    [InlineData(FakeStep.Create)]
    [InlineData(FakeStep.Start)]
    [InlineData(FakeStep.ReadLog)]
    public async Task An_interrupted_look_leaves_no_container(FakeStep step)
    {
        using var stop = new CancellationTokenSource();
        _cluster.Before("o2wn01", step, async token =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(stop.Token, "Memlock"));
        Assert.Empty(_engine.Containers);
        Assert.Contains(_cluster.Calls, call => call.Step == FakeStep.Remove);
    }

    [Theory]
    [InlineData(FakeStep.List)]
    [InlineData(FakeStep.ListImages)]
    [InlineData(FakeStep.Remove)]
    public async Task A_look_that_fails_leaves_the_other_checks_their_engine(FakeStep step)
    {
        _cluster.FailOn("o2wn01", step, new HpcException(ErrorId.NodeCommandFailed, "It refuses.", "o2wn01"));
        var checks = await RunAsync("Engine", "Storage", "Memlock");
        Assert.Equal(
            [("Engine", "Passed"), ("Storage", "Passed"), ("Memlock", "Unknown")], checks.Select(check => (check.Check, check.Result)));
        Assert.Contains("It refuses.", checks[2].Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_node_is_asked_waits_for_no_container()
    {
        var asked = new TaskCompletionSource();
        _cluster.Before("o2wn01", FakeStep.Run, _ =>
        {
            asked.TrySetResult();
            return Task.CompletedTask;
        });
        _cluster.HoldOn("o2wn01", FakeStep.Create, asked.Task);
        Assert.Equal(["Failed", "Passed"], (await RunAsync("RunDirectory", "Memlock")).Select(check => check.Result));
    }

    [Fact]
    public async Task What_a_killed_look_left_is_removed_by_the_next_and_a_running_one_is_not()
    {
        var there = DateTimeOffset.UtcNow.AddHours(-2); // by the node's clock
        _engine.Details = _engine.Details with { Now = there };
        Add("old", there.AddMinutes(-6));
        Add("new", there);
        await RunAsync("Memlock");
        Assert.Equal(["new"], _engine.Containers.Select(container => container.Id));
    }

    [Fact]
    public async Task A_refused_limit_is_the_nodes_fault()
    {
        _cluster.FailOn("o2wn01", FakeStep.Start, new HpcException(ErrorId.LimitRefused, "It refuses memlock.", "o2wn01", "Raise it."));
        var check = Assert.Single(await RunAsync("Memlock"));
        Assert.Equal(("Failed", "Raise it."), (check.Result, check.Remedy));
        Assert.Empty(_engine.Containers);
    }

    [Fact]
    public async Task A_refused_number_of_open_files_fails_its_own_check_with_what_the_node_allows_and_no_other()
    {
        RefuseOpenFiles();
        var checks = await RunAsync(Asking(70000), CancellationToken.None, "Memlock", "OpenFiles", "Shm");
        Assert.Equal([("Memlock", "Failed"), ("OpenFiles", "Failed"), ("Shm", "Failed")], checks.Select(check => (check.Check, check.Result)));
        Assert.Contains("8.0 MiB inside", checks[0].Evidence, StringComparison.Ordinal);
        Assert.Contains("refuses limits.openFiles 70000: 20000 is what its engine gives", checks[1].Evidence, StringComparison.Ordinal);
        Assert.Contains("Set openFiles to 20000", checks[1].Remedy, StringComparison.Ordinal);
        Assert.Contains("64.0 MiB inside", checks[2].Evidence, StringComparison.Ordinal);
        Assert.Empty(_engine.Containers);
    }

    [Fact]
    public async Task Open_files_that_nobody_asked_for_are_as_many_as_the_node_allows()
    {
        RefuseOpenFiles();
        var check = Assert.Single(await RunAsync("OpenFiles"));
        Assert.Equal("Passed", check.Result);
        Assert.Contains("20000 inside, all that the node allows of the 65536 by default", check.Evidence, StringComparison.Ordinal);
        Assert.Empty(_engine.Containers);
    }

    [Fact]
    public async Task Without_an_image_there_is_nothing_to_look_into()
    {
        _engine.Store.Add(FakeImageStore.Image("registry.lab:5000/pisa/hpc", Digest, "registry.lab:5000/other:1") with { Digests = [] });
        var check = Assert.Single(await RunAsync("Memlock"));
        Assert.Equal("Skipped", check.Result);
        Assert.Contains("holds no image", check.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(_cluster.Calls, call => call.Step == FakeStep.Create);
    }

    [Fact]
    public async Task What_no_check_needs_is_not_asked()
    {
        await RunAsync("Clock", "Cgroup");
        Assert.DoesNotContain(_cluster.Calls, call => call.Step is FakeStep.Create or FakeStep.ResolveImage or FakeStep.StartProcess);
        Assert.Single(_cluster.Calls, call => call.Step == FakeStep.Run);
    }

    [Fact]
    public async Task A_registry_without_the_image_is_told_from_one_that_has_it()
    {
        Assert.Equal("Passed", Assert.Single(await RunAsync("Registry")).Result);
        _cluster.RegistryDigests.Clear();
        Assert.Equal("Warning", Assert.Single(await RunAsync("Registry")).Result);
    }

    [Fact]
    public async Task A_dead_node_is_one_row()
    {
        _cluster.FailOn("o2wn01", FakeStep.Connect, new HpcException(ErrorId.NodeUnreachable, "No route.", "o2wn01"));
        var check = Assert.Single(await RunAsync("Registry", "Clock"));
        Assert.Equal(("Ssh", "Failed", "NodeUnreachable: No route."), (check.Check, check.Result, check.Evidence));
    }

    [Fact]
    public void A_node_that_was_cut_short_is_told_to_get_more_time_and_not_to_be_looked_for()
    {
        var check = NodePreflight.Unreachable("o2wn01", new HpcException(ErrorId.NodeTimeout, "It did not finish within 120 s.", "o2wn01"));
        Assert.Equal("NodeTimeout: It did not finish within 120 s.", check.Evidence);
        Assert.Contains("-TimeoutSec", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_without_its_engine_is_checked_for_the_rest()
    {
        _cluster.FailOn("o2wn01", FakeStep.ConnectEngine, new HpcException(ErrorId.EngineUnavailable, "It does not answer.", "o2wn01"));
        var checks = await RunAsync("Engine", "Storage", "RunDirectory");
        Assert.Equal(["Failed", "Unknown", "Passed"], checks.Select(check => check.Result));
    }

    [Fact]
    public void A_summary_is_what_a_monitoring_system_takes()
    {
        HpcNodeCheck Check(string node, string name, string result) => new() { Node = node, Check = name, Result = result, Evidence = "" };
        HpcNodeCheck[] some = [Check("o2wn01", "Ssh", "Passed"), Check("o2wn02", "Clock", "Warning"), Check("o2wn01", "Clock", "Warning"), Check("o2wn02", "Users", "Skipped")];
        Assert.Equal(
            "PISAHPC WARNING - Clock warns on o2wn[01-02] | nodes=2 passed=1 warnings=2 failed=0 unknown=0 skipped=1", HpcNodeCheckSummary.Of(some).Text);
        Assert.Equal(("CRITICAL", 2), Status([.. some, Check("o2wn03", "Ssh", "Failed")]));
        Assert.Equal(("OK", 0), Status(some[..1]));
        Assert.Equal(("UNKNOWN", 3), Status([]));
        Assert.Equal(("UNKNOWN", 3), Status([.. some[..1], Check("o2wn01", "Memlock", "Unknown")]));
        static (string, int) Status(HpcNodeCheck[] checks) => (HpcNodeCheckSummary.Of(checks).Status, HpcNodeCheckSummary.Of(checks).ExitCode);
    }

    private static EngineLogLine Line(string text) => new("stdout", DateTimeOffset.UnixEpoch, text);

    private Task<IReadOnlyList<HpcNodeCheck>> RunAsync(params string[] checks) => RunAsync(CancellationToken.None, checks);

    private Task<IReadOnlyList<HpcNodeCheck>> RunAsync(CancellationToken stop, params string[] checks) =>
        RunAsync(Evidence.Environment, stop, checks);

    private Task<IReadOnlyList<HpcNodeCheck>> RunAsync(HpcEnvironment environment, CancellationToken stop, params string[] checks) =>
        NodePreflight.RunAsync(
            _cluster.Cluster, "o2wn01",
            Evidence.OfAFitNode.Request with
            {
                Environments = [environment],
                Checks = [.. NodeChecks.All.Where(check => checks.Contains(check.Name))],
            },
            TimeProvider.System, stop);

    private static HpcEnvironment Asking(int openFiles) => Evidence.Environment with
    {
        Limits = Evidence.Environment.Limits with { OpenFiles = openFiles },
        Origins = [new SettingOrigin("limits.openFiles", $"{openFiles}", "site defaults", "/etc/pisahpc/site.yaml", 7)],
    };

    private void RefuseOpenFiles() => _cluster.Before("o2wn01", FakeStep.Start, _ => _engine.Created.Last().OpenFiles is null
        ? Task.CompletedTask
        : Task.FromException(new HpcException(ErrorId.LimitRefused, "It refuses openFiles.", "o2wn01")));

    private void Add(string id, DateTimeOffset created) => _engine.Add(new EngineContainer
    {
        Id = id,
        Name = id,
        Image = "tiny",
        State = ContainerState.Created,
        CreatedAt = created,
        Labels = new Dictionary<string, string> { [EffectiveLimitsProbe.Label] = "debian12" },
    });
}
