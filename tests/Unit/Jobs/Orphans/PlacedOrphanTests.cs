using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>Jobs that are placed into static environments, as orphans are looked for: their container is never touched.</summary>
public sealed class PlacedOrphanTests : IDisposable
{
    private const string Rest = """
        "pisahpc.cluster":"lab","pisahpc.nodes":"o2wn01*8","pisahpc.node":"o2wn01","pisahpc.owner":"alice"
        """;

    private static readonly string Container = new('c', 64);

    private readonly OrphanCluster _cluster = new();

    public PlacedOrphanTests() => _cluster.Jobs.Nodes.EngineOf("o2wn01").Add(new EngineContainer
    {
        Id = Container,
        Name = "pisahpc-static-cs7",
        Image = "pisa/cs7:1",
        State = ContainerState.Running,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = new Dictionary<string, string> { ["pisahpc.static"] = "cs7" },
    });

    public void Dispose() => _cluster.Dispose();

    [Theory]
    [InlineData("alive yes")]
    [InlineData("gone yes")]
    public async Task One_whose_run_is_over_is_ended_as_a_stop_does_and_the_container_stays(string facts)
    {
        Place("42", facts);
        _cluster.Known["42"] = OrphanCluster.EndedSince(7200);
        var removed = Assert.Single(await _cluster.RemoveAsync(await _cluster.FindAsync()));
        Assert.Equal((nameof(OrphanState.Removed), true), (removed!.State, removed.Changed));
        Assert.Equal(["o2wn01 42  0 17 ", "o2wn01 42  0 17 forget"], _cluster.Jobs.Ended);
        AssertStays();
    }

    [Fact]
    public async Task One_that_runs_is_left()
    {
        Place("42", "alive yes");
        _cluster.Known["42"] = OrphanCluster.Lives("RUNNING", "o2wn01");
        Assert.Empty((await _cluster.FindAsync()).Orphans);
        Assert.Empty((await _cluster.FindNamedAsync("42")).Orphans);
    }

    [Fact]
    public async Task One_of_no_batch_system_is_left_by_name_while_its_agent_lives()
    {
        Place("mine", "alive yes", scheduler: "Manual");
        Assert.Empty((await _cluster.FindNamedAsync("mine")).Orphans);
        Place("mine", "gone yes", scheduler: "Manual");
        Assert.Equal("mine", Assert.Single((await _cluster.FindNamedAsync("mine")).Orphans).Orphan.JobId);
    }

    [Fact]
    public async Task One_that_was_placed_anew_since_it_was_judged_is_left()
    {
        Place("42", "gone no");
        _cluster.Known["42"] = OrphanCluster.EndedSince(7200);
        var found = await _cluster.FindAsync();
        Place("42", "alive yes", at: 1790000500);
        Assert.Null(Assert.Single(await _cluster.RemoveAsync(found)));
        Assert.Empty(_cluster.Jobs.Ended);
    }

    private void Place(string job, string facts, string scheduler = "Slurm", long at = 1790000000) =>
        _cluster.Jobs.Placed["o2wn01"] = string.Create(
            CultureInfo.InvariantCulture, $"{job} 17 {at} {Container} 1879070200 /run/pisahpc/.static/cs7/{job} {facts}\n")
            + $$$"""{"Image":"i","Labels":{"pisahpc.job":"{{{job}}}","pisahpc.static":"cs7","pisahpc.scheduler":"{{{scheduler}}}",{{{Rest}}}}}""" + "\n";

    private void AssertStays()
    {
        Assert.Equal(ContainerState.Running, Assert.Single(_cluster.Jobs.Nodes.EngineOf("o2wn01").Containers).State);
        Assert.DoesNotContain(_cluster.Jobs.Nodes.Calls, call => call.Step is FakeStep.Stop or FakeStep.Remove);
    }
}
