using System.Collections.Concurrent;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>Nodes in memory that are brought to what is declared: in which order, and what is left where it fails.</summary>
public sealed class RollingSyncTests
{
    private static readonly FakeStep[] Changing =
        [FakeStep.Create, FakeStep.Start, FakeStep.Stop, FakeStep.Remove, FakeStep.Rename, FakeStep.StartProcess, FakeStep.Update];

    private readonly SyncCluster _cluster = new();

    [Fact]
    public async Task What_is_missing_is_made_and_what_is_as_declared_is_not_touched()
    {
        var made = await _cluster.SyncAsync();
        Assert.Equal(6, made.Count(change => change is { Step: "Create", Changed: true, Ready: true, Reason: "no container" }));

        var before = _cluster.Nodes.Calls.Count;
        var again = await _cluster.SyncAsync();
        Assert.Equal(6, again.Count(change => change is { Step: "None", Changed: false, Ready: true, Reason: "" }));
        Assert.DoesNotContain(_cluster.Nodes.Calls.Skip(before), call => Changing.Contains(call.Step));
    }

    [Fact]
    public async Task Each_difference_has_its_step_and_one_that_lets_nobody_in_is_replaced()
    {
        await _cluster.SyncAsync();
        Engine("o2wn01").Exit(Only("o2wn01").Id, 0);
        await Engine("o2wn02").RemoveAsync(SyncCluster.Name, default);
        await Engine("o2wn03").UpdateAsync(SyncCluster.Name, new LimitUpdate { MemoryBytes = 1L << 29 }, default);
        var deaf = Only("o2wn04").Id;
        _cluster.IsDeaf = (node, container) => node == "o2wn04" && container.Id == deaf;

        var changes = await _cluster.SyncAsync();
        Assert.Equal(
            [
                ("o2wn01", "Start", "Exited"), ("o2wn02", "Create", "no container"),
                ("o2wn03", "Replace", "memory 536870912, declared none"),
                ("o2wn04", "Replace", "nobody gets in: Connection refused"), ("o2wn05", "None", ""), ("o2wn06", "None", ""),
            ],
            changes.OrderBy(change => change.Node, StringComparer.Ordinal).Select(change => (change.Node, change.Step, change.Reason)));
        await AssertAsDeclaredAsync();
    }

    [Fact]
    public async Task One_that_is_slow_to_let_somebody_in_has_as_long_as_a_new_one_and_is_left()
    {
        await _cluster.SyncAsync();
        var (slow, asked, before) = (Only("o2wn04").Id, 0, _cluster.Nodes.Calls.Count);
        _cluster.IsDeaf = (node, container) => (node, container.Id) == ("o2wn04", slow) && Interlocked.Increment(ref asked) <= 2;

        var change = Assert.Single(await _cluster.SyncAsync(), change => change.Node == "o2wn04");
        Assert.Equal(("None", false, true, slow), (change.Step, change.Changed, change.Ready, Only("o2wn04").Id));
        Assert.DoesNotContain(
            _cluster.Nodes.Calls.Skip(before),
            call => call.Step is FakeStep.Create or FakeStep.Start or FakeStep.Stop or FakeStep.Restart or FakeStep.Rename or FakeStep.Remove);
        var limits = from call in _cluster.Nodes.Calls.Skip(before)
                     where call.Node == "o2wn04" && call.Subject.Contains("login-answers.sh", StringComparison.Ordinal)
                     select call.Subject.Split("login-answers.sh ")[^1].Split(' ')[0];
        Assert.Equal(["1", "1", "60"], limits);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("2", 2)]
    [InlineData("50%", 3)]
    public async Task No_more_than_the_limit_are_without_it_and_those_that_are_down_come_first(string limit, int most)
    {
        await _cluster.SyncAsync();
        await Engine("o2wn05").RemoveAsync(SyncCluster.Name, default);
        _cluster.Change();
        var order = new ConcurrentQueue<string>();
        var without = new ConcurrentBag<int>();
        foreach (var node in SyncCluster.Names)
        {
            _cluster.Nodes.Before(node, FakeStep.Create, async _ =>
            {
                order.Enqueue(node);
                await Task.Yield();
                without.Add(SyncCluster.Names.Count(name => !_cluster.Running(name).Any()));
            });
        }

        await _cluster.SyncAsync(limit);
        Assert.Equal("o2wn05", order.First());
        Assert.InRange(without.Max(), 1, most);
        await AssertAsDeclaredAsync();
    }

    [Theory]
    [InlineData(true, new[] { "o2wn01", "o2wn02", "o2wn03", "o2wn04", "o2wn05", "o2wn06" })]
    [InlineData(false, new[] { "o2wn05", "o2wn01", "o2wn02", "o2wn03", "o2wn04", "o2wn06" })]
    public async Task They_are_told_in_the_order_of_the_nodes_also_those_that_were_done_first(bool inOrder, string[] told)
    {
        await _cluster.SyncAsync();
        await Engine("o2wn05").RemoveAsync(SyncCluster.Name, default);
        _cluster.Change();
        _cluster.InOrder = inOrder;
        await _cluster.SyncAsync();
        Assert.Equal(told, _cluster.Told);
    }

    [Fact]
    public async Task Where_it_stops_what_waited_for_nodes_that_are_left_is_told()
    {
        await _cluster.SyncAsync();
        await Engine("o2wn05").RemoveAsync(SyncCluster.Name, default);
        _cluster.Change();
        _cluster.Nodes.FailOn("o2wn05", FakeStep.Create, new HpcException(ErrorId.LimitRefused, "no", "o2wn05"));
        await Assert.ThrowsAsync<HpcException>(() => _cluster.SyncAsync());
        Assert.Equal(["o2wn05"], _cluster.Told);
    }

    [Fact]
    public async Task The_image_is_there_before_anything_stops_and_users_are_asked_about_before()
    {
        await _cluster.SyncAsync();
        _cluster.Change();
        var before = _cluster.Nodes.Calls.Count;
        await _cluster.SyncAsync(nodes: "o2wn01");
        var steps = _cluster.Nodes.Calls.Skip(before).Select(call => call.Step).ToList();
        var stop = steps.IndexOf(FakeStep.Stop);
        Assert.InRange(steps.LastIndexOf(FakeStep.FindImage, stop), 0, stop);
        Assert.InRange(steps.LastIndexOf(FakeStep.Execute, stop), steps.IndexOf(FakeStep.StartProcess), stop);
        Assert.Equal(
            [FakeStep.StartProcess, FakeStep.Update, FakeStep.Stop, FakeStep.Rename, FakeStep.Create, FakeStep.Start, FakeStep.Remove],
            steps.Where(Changing.Contains));
    }

    [Fact]
    public async Task Where_the_new_one_does_not_become_ready_the_old_one_is_back_and_the_rest_is_not_touched()
    {
        await _cluster.SyncAsync();
        var old = SyncCluster.Names.ToDictionary(node => node, node => Only(node).Id);
        _cluster.Change();
        _cluster.IsDeaf = (_, container) => !old.ContainsValue(container.Id);

        var stopped = await Assert.ThrowsAsync<HpcException>(() => _cluster.SyncAsync());
        Assert.Equal((ErrorId.StaticSyncStopped, "cs7"), (stopped.Id, stopped.Target));
        Assert.Contains("o2wn[02-06]", stopped.Message, StringComparison.Ordinal);
        Assert.All(SyncCluster.Names, node => Assert.Equal(
            (old[node], SyncCluster.Name, ContainerState.Running), (Only(node).Id, Only(node).Name, Only(node).State)));
    }

    [Fact]
    public async Task More_failures_go_on_as_long_as_they_are_allowed_and_nodes_that_stay_down_use_the_limit_up()
    {
        await _cluster.SyncAsync();
        _cluster.Change();
        foreach (var node in (string[])["o2wn01", "o2wn02"])
        {
            _cluster.Nodes.FailOn(node, FakeStep.Create, new HpcException(ErrorId.LimitRefused, "no", node));
            _cluster.Nodes.FailOn(node, FakeStep.Start, new HpcException(ErrorId.LimitRefused, "no", node));
        }

        var stopped = await Assert.ThrowsAsync<HpcException>(() => _cluster.SyncAsync(maxFailure: 5));
        Assert.Contains("o2wn[02-06]: o2wn01 is without it, and 1 may be.", stopped.Message, StringComparison.Ordinal);
        Assert.Equal(SyncCluster.Name, Only("o2wn01").Name);
    }

    [Theory]
    [InlineData(FakeStep.List, 1)]
    [InlineData(FakeStep.Create, 2)]
    public async Task A_node_whose_engine_hangs_is_told_and_the_others_are_brought_to_what_is_declared(FakeStep step, int maxFailure)
    {
        _cluster.NodeTimeout = TimeSpan.FromSeconds(1);
        _cluster.Nodes.HoldOn("o2wn02", step, new TaskCompletionSource().Task);
        var changes = await _cluster.SyncAsync(maxFailure: maxFailure);
        var told = _cluster.Failures.Select(failure => (failure.Node, Id: $"{failure.Id}"))
            .Concat(changes.Where(change => change.Failure.Length > 0).Select(change => (change.Node, Id: change.Failure)));
        Assert.Equal([("o2wn02", nameof(ErrorId.NodeTimeout))], told.Distinct());
        foreach (var node in SyncCluster.Names.Where(node => node != "o2wn02"))
        {
            Assert.True(await _cluster.IsAsDeclaredAsync(node), $"{node} is not as declared.");
        }
    }

    [Fact]
    public async Task A_container_into_which_jobs_are_placed_is_left_to_them_and_no_user_is_kept_out_for_that()
    {
        await _cluster.SyncAsync();
        var busy = Only("o2wn01").Id;
        _cluster.Change();
        _cluster.Placed = node => node == "o2wn01" ? JobDrainTests.Line(busy, "alive yes") : "";
        var changes = await _cluster.SyncAsync();
        var left = Assert.Single(changes, change => change.Failure.Length > 0);
        Assert.Equal(("o2wn01", "StaticBusy", false, true), (left.Node, left.Failure, left.Changed, left.Ready));
        Assert.Equal(busy, Only("o2wn01").Id);
    }

    [Fact]
    public async Task A_container_in_which_users_work_is_left_to_them_and_the_others_go_on()
    {
        await _cluster.SyncAsync();
        var busy = Only("o2wn01").Id;
        _cluster.Change();
        _cluster.IsBusy = container => container.Labels[ContainerLabels.Node] == "o2wn01";
        var changes = await _cluster.SyncAsync();
        var left = Assert.Single(changes, change => change.Failure.Length > 0);
        Assert.Equal(("o2wn01", "StaticBusy", false, true), (left.Node, left.Failure, left.Changed, left.Ready));
        Assert.Equal(busy, Only("o2wn01").Id);
        Assert.Equal(5, changes.Count(change => change.Changed));
    }

    [Fact]
    public async Task A_second_one_is_told_who_is_at_it()
    {
        await _cluster.SyncAsync();
        _cluster.Change();
        _cluster.Holder = ("o2wn03", "bob@head2");
        var changes = await _cluster.SyncAsync(maxFailure: 2);
        Assert.Equal(("o2wn03", "StaticBeingSynced"), Assert.Single(
            changes.Where(change => !change.Changed).Select(change => (change.Node, change.Failure))));
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("25%", 2)]
    [InlineData("1%", 1)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("101%", null)]
    [InlineData("some", null)]
    public void A_limit_is_a_number_or_a_share_rounded_down_and_one_node_at_least(string text, int? nodes)
    {
        if (nodes is null)
        {
            Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => UnavailableLimit.Parse(text)).Id);
        }
        else
        {
            Assert.Equal(nodes, UnavailableLimit.Parse(text).Of(10));
        }
    }

    private FakeEngine Engine(string node) => _cluster.Nodes.EngineOf(node);

    private EngineContainer Only(string node) => Assert.Single(_cluster.On(node));

    private async Task AssertAsDeclaredAsync()
    {
        foreach (var node in SyncCluster.Names)
        {
            Assert.True(await _cluster.IsAsDeclaredAsync(node), node);
        }
    }
}
