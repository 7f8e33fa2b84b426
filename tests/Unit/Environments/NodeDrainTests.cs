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
    public async Task What_Slurm_says_is_told(string said, ErrorId id, string words)
    {
        await _cluster.SyncAsync(nodes: Node);
        var failure = await Assert.ThrowsAsync<HpcException>(() => BeginAsync(HeldProcess.Saying(said)));
        Assert.Equal(id, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_command_that_hangs_is_not_waited_for_for_ever()
    {
        await using var held = new HeldCommand(HeldProcess.Silent());
        await Assert.ThrowsAsync<TimeoutException>(() => held.ReadAsync(TimeSpan.FromMilliseconds(50), default));
    }

    private async Task<NodeDrain> BeginAsync(HeldProcess hold)
    {
        var site = SiteText.Read(
            StaticCluster.Declared.Replace("port: 2201", "port: 2201, drain: { batch: true }", StringComparison.Ordinal)
            + "batch: { system: slurm }\n");
        _cluster.Nodes.OnStart = (_, _) => hold;
        INodeConnector nodes = _cluster.Nodes;
        var batch = new BatchDrain(site, token => nodes.ConnectAsync(Node, token)) { Warn = _warnings.Add };
        return await NodeDrain.BeginAsync(Engine, "cs7", Assert.Single(_cluster.On(Node)), batch, (_, _) => Task.CompletedTask, TimeSpan.Zero, default);
    }
}
