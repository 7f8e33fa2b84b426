using System.Diagnostics;
using PisaHpc.Batch;
using PisaHpc.Environments;
using PisaHpc.Nodes;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Environments;

/// <summary>What keeps jobs and users off one node in memory, whose batch system is told by a command that is held.</summary>
public sealed class NodeDrainTests
{
    private const string Node = "o2wn01";

    private readonly SyncCluster _cluster = new();
    private readonly List<string> _warnings = [];
    private IReadOnlyList<string> _told = [];

    private FakeEngine Engine => _cluster.Nodes.EngineOf(Node);

    [Fact]
    public async Task Jobs_that_may_come_while_users_are_waited_for_end_the_waiting()
    {
        await _cluster.SyncAsync(nodes: Node);
        var hold = HeldProcess.Saying("idle");
        _cluster.Nodes.Before(Node, FakeStep.Execute, token =>
        {
            hold.End(129);
            return Task.Delay(Timeout.Infinite, token);
        });
        var lost = await Assert.ThrowsAsync<HpcException>(() => BeginAsync(hold));
        Assert.Equal((ErrorId.NodeUnreachable, Node), (lost.Id, lost.Target));
        Assert.Contains("may have jobs again", lost.Message, StringComparison.Ordinal);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Jobs_that_may_come_while_it_changes_end_the_change_and_users_who_may_come_before_do_not_let_it_begin()
    {
        await _cluster.SyncAsync(nodes: Node);
        var hold = HeldProcess.Saying("idle");
        await using (var drain = await BeginAsync(hold))
        {
            var lost = await Assert.ThrowsAsync<HpcException>(() => drain.UnderAsync(
                Node,
                async token =>
                {
                    hold.End(129);
                    await Task.Delay(Timeout.Infinite, token);
                    return 1;
                },
                default));
            Assert.Equal(ErrorId.NodeUnreachable, lost.Id);
        }

        await using var next = await BeginAsync(HeldProcess.Saying("idle"));
        _cluster.Drain!.End(129);
        await next.Sessions!.Ended;
        var users = await Assert.ThrowsAsync<HpcException>(() => next.UnderAsync(Node, _ => Task.FromResult(1), default));
        Assert.Contains("may have users again", users.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(70, true)]
    [InlineData(137, true)]
    [InlineData(0, false)]
    public async Task Where_it_is_not_known_that_a_node_was_given_back_the_admin_is_told_what_to_do(int code, bool isTold)
    {
        await _cluster.SyncAsync(nodes: Node);
        var hold = HeldProcess.Saying("idle");
        await using (await BeginAsync(hold))
        {
            hold.End(code);
        }

        const string Line = $"do: scontrol update NodeName={Node} State=UNDRAIN";
        Assert.Equal(isTold, _warnings is [var told] && told.EndsWith(Line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("taken pisahpc: static deb12 m9", ErrorId.StaticBusy, "pisahpc: static deb12 m9")]
    [InlineData("busy 2", ErrorId.StaticBusy, "after 0 s still (2)")]
    [InlineData("failed Zero Bytes were received", ErrorId.BatchSystemFailed, "Zero Bytes were received")]
    public async Task What_the_batch_system_says_is_told(string said, ErrorId id, string words)
    {
        await _cluster.SyncAsync(nodes: Node);
        var failure = await Assert.ThrowsAsync<HpcException>(() => BeginAsync(HeldProcess.Saying(said)));
        Assert.Equal(id, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("system: slurm", "Batch/Slurm/hold-node.sh", 5)]
    [InlineData("system: lsf, profile: /etc/profile.lsf", "Batch/Lsf/hold-node.sh", 6)]
    [InlineData("system: htcondor, schedulers: sched01", "Batch/HTCondor/hold-node.sh", 5)]
    public async Task Each_batch_system_is_told_by_its_own_script(string batch, string script, int arguments)
    {
        await _cluster.SyncAsync(nodes: Node);
        await (await BeginAsync(HeldProcess.Saying("idle"), batch)).DisposeAsync();
        Assert.Equal((script, Node, "pisahpc: static cs7"), (_told[3], _told[4], _told[6]));
        Assert.Equal(arguments, _told.Skip(4).Count());
        Assert.Equal(batch.Contains("profile", StringComparison.Ordinal), _told[^1] == "/etc/profile.lsf");
    }

    [Fact]
    public async Task One_that_is_not_told_is_an_error()
    {
        var site = StaticCluster.Declared.Replace("port: 2201", "port: 2201, drain: { batch: true }", StringComparison.Ordinal);
        var batch = new BatchDrain(SiteText.Read(site) with { Batch = new() { System = Scheduler.Pbs } }, _ => throw new UnreachableException());
        var failure = await Assert.ThrowsAsync<HpcException>(() => batch.BeginAsync("cs7", Node, TimeSpan.Zero, default));
        Assert.Equal(ErrorId.PlatformNotSupported, failure.Id);
        Assert.Equal(
            "static.cs7.drain.batch: Pbs is not told to drain a node; Slurm, LSF and HTCondor are.", failure.Message);
    }

    [Fact]
    public async Task A_command_that_hangs_is_not_waited_for_for_ever()
    {
        await using var held = new HeldCommand(HeldProcess.Silent());
        await Assert.ThrowsAsync<TimeoutException>(() => held.ReadAsync(TimeSpan.FromMilliseconds(50), default));
    }

    private async Task<NodeDrain> BeginAsync(HeldProcess hold, string batchSystem = "system: slurm")
    {
        var site = SiteText.Read(
            StaticCluster.Declared.Replace("port: 2201", "port: 2201, drain: { batch: true }", StringComparison.Ordinal)
            + $"batch: {{ {batchSystem} }}\n");
        _cluster.Nodes.OnStart = (_, told) =>
        {
            _told = told;
            return hold;
        };
        INodeConnector nodes = _cluster.Nodes;
        var batch = new BatchDrain(site, token => nodes.ConnectAsync(Node, token)) { Warn = _warnings.Add };
        return await NodeDrain.BeginAsync(Engine, "cs7", Assert.Single(_cluster.On(Node)), batch, (_, _) => Task.CompletedTask, TimeSpan.Zero, default);
    }
}
