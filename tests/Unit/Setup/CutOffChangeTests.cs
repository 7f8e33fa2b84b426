namespace PisaHpc.Unit.Setup;

/// <summary>A change whose caller was killed halfway, as the next one finds it.</summary>
public sealed class CutOffChangeTests
{
    private const string Old = "{ \"debug\": false }\n";

    [Theory]
    [InlineData("{ \"debug\": false, \"live-restore\": true, \"labels\": [\"pisahpc.trial=ab12\"] }")]
    [InlineData("{ \"debug\": false, \"live-restore\": true, \"log-opts\": { \"max-size\": \"10m\" } }")]
    public async Task A_change_that_was_cut_off_starts_from_the_file_before_it(string halfway)
    {
        const string Kept = "/etc/docker/daemon.json.pisahpc-19691231T000000Z";
        var node = new FakeNode(Old, liveRestore: false) { StartsWith = file => !file!.Contains("log-opts", StringComparison.Ordinal) };
        node.Kept[Kept] = Old;
        node.CutOff(halfway, Kept);
        await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Equal((Old, true), (node.File, node.Pending));

        node.StartsWith = _ => true;
        var done = await node.InitializeAsync();
        Assert.Equal((Kept, "Restart", false), (done.Backup, done.EngineAction, node.Pending));
        Assert.Equal(Old, node.Kept[Kept]);
        Assert.Empty(node.Engine.Labels);
        Assert.Contains("\"debug\": false", node.File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_was_cut_off_where_no_file_was_leaves_none()
    {
        var node = new FakeNode(null, liveRestore: false) { StartsWith = file => !file!.Contains("log-opts", StringComparison.Ordinal) };
        node.CutOff("{ \"live-restore\": true, \"labels\": [\"pisahpc.trial=ab12\"] }", keptAs: null);
        await Assert.ThrowsAsync<HpcException>(() => node.InitializeAsync());
        Assert.Null(node.File);
    }

    [Fact]
    public async Task What_an_admin_wrote_after_a_change_was_cut_off_stays()
    {
        var node = new FakeNode("{ \"debug\": true }", liveRestore: false);
        node.Kept["/kept"] = Old;
        node.CutOff("{ \"debug\": false, \"live-restore\": true }", "/kept");
        node.Edit("{ \"debug\": true }");
        await node.InitializeAsync();
        Assert.Contains("\"debug\": true", node.File, StringComparison.Ordinal);
    }
}
