using System.Globalization;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Nodes;

[Collection(LabTests.Name)]
public sealed class GetHpcNodeTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_node_agrees_with_what_is_seen_on_it()
    {
        var node = lab.Nodes[0];
        var seen = _shell.Run("param($Node) Get-HpcNode $Node", new { Node = node.Name }).Single();
        var info = await node.DockerAsync("info", "--format", "{{.ServerVersion}} {{.Images}}");
        var cores = await node.RunAsync("getconf", "_NPROCESSORS_ONLN");

        dynamic found = seen;
        Assert.Equal(("Ready", node.Name), ((string)found.State, (string)found.Node));
        Assert.Equal(info.EndedWith(0).Output.Trim(), $"{found.EngineVersion} {found.Images}");
        Assert.Equal(cores.EndedWith(0).Output.Trim(), ((int)found.Cores).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(["mlx5_0"], (IEnumerable<string>)found.Devices);
        Assert.True((long)found.MemoryAvailableBytes < (long)found.MemoryBytes);
    }

    [Fact]
    public async Task A_jobs_containers_are_counted_where_they_run()
    {
        await using var job = new LabJob(_shell, lab, "node");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var nodes = job.Run("$allocation | Get-HpcNode -InformationAction Ignore").Succeeded().Objects;
        Assert.Equal(2, nodes.Count);
        Assert.All(nodes, (dynamic node) => Assert.Contains(job.Id, (IEnumerable<string>)node.Jobs));
        Assert.All(nodes, (dynamic node) => Assert.True((int)node.Containers >= 1));
    }

    [Fact]
    public void A_dead_node_is_a_row_among_the_others_and_no_error()
    {
        var run = _shell.Run("param($Node) Get-HpcNode $Node, no-such-node", new { Node = lab.Nodes[0].Name }).Succeeded();
        dynamic dead = run.Objects.Single(node => (string)node.Properties["Node"].Value == "no-such-node");
        Assert.Equal(("Unreachable", "NodeUnreachable"), ((string)dead.State, (string)dead.ErrorId));
        Assert.Equal(2, run.Objects.Count);
    }

    [Fact]
    public void A_node_whose_engine_is_not_there_is_told_from_a_dead_one()
    {
        var site = Path.GetTempFileName();
        try
        {
            LabSite.Of(lab).Replacing("  ssh:\n", "  engineSocket: /run/none.sock\n  ssh:\n").WriteTo(site);
            dynamic node = _shell.Run("param($Node, $Site) Get-HpcNode $Node -Site $Site", new { Node = lab.Nodes[0].Name, Site = site }).Single();
            Assert.Equal(("NoEngine", "EngineUnavailable"), ((string)node.State, (string)node.ErrorId));
            Assert.True((int)node.Cores > 0);
        }
        finally
        {
            File.Delete(site);
        }
    }

    [Fact]
    public void A_key_file_that_cannot_be_offered_is_passed_over_and_named_to_who_asks()
    {
        var site = Path.GetTempFileName();
        try
        {
            LabSite.Of(lab).Replacing("keys: [ ", $"keys: [ {site}, ").WriteTo(site);
            var run = _shell.Run("param($Node, $Site) Get-HpcNode $Node -Site $Site -Verbose", new { Node = lab.Nodes[0].Name, Site = site });
            dynamic node = run.Single();
            Assert.Equal("Ready", (string)node.State);
            Assert.Contains(run.Verbose, line => line.StartsWith($"{site} is not a private key", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(site);
        }
    }

    [Fact]
    public void All_nodes_of_the_site_are_summed_up_in_one_object()
    {
        // Another test may have raised more nodes than there were at the start: the site names them all.
        var nodes = _shell.Run("(Get-HpcAllocation -Node * -Slot 1 -Owner root).Nodes").Succeeded().Objects.Count;
        Assert.True(nodes >= lab.Nodes.Count);
        dynamic summary = _shell.Run("Get-HpcNode -Summary").Single();
        Assert.Equal((nodes, nodes), ((int)summary.Nodes, (int)summary.Ready));
    }
}
