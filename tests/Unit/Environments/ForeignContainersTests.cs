using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>Containers on a node that somebody else made, beside a static environment on port 2201.</summary>
public sealed class ForeignContainersTests
{
    private readonly StaticCluster _cluster = new();

    [Fact]
    public async Task One_to_which_a_declared_port_leads_is_told_without_being_asked_for()
    {
        var state = await StateAsync(Made("wn-hpc", new("0.0.0.0", 2201, "tcp"), new("::", 2201, "tcp")));
        var found = Assert.Single(ForeignContainers.OnPortsOf(state));
        Assert.Equal(
            ("cs7", "wn-hpc", "Foreign", "port", "Warning"),
            (found.Static, found.Container, found.Kind, found.Part, found.Severity));
        Assert.Contains(state.Differences(), difference => difference == found);
        Assert.Empty(ForeignContainers.On(state));
    }

    [Fact]
    public async Task Others_are_told_by_name_where_they_are_asked_for_and_those_of_jobs_are_none()
    {
        var job = Made("pisahpc-7") with
        {
            Labels = new Dictionary<string, string> { [ContainerLabels.Schema] = "2", [ContainerLabels.Job] = "7" },
        };
        var state = await StateAsync(Made("wn-hpc", new("0.0.0.0", 2201, "udp"), new("0.0.0.0", 80, "tcp")), job, Made("exporter"));
        Assert.Empty(ForeignContainers.OnPortsOf(state));
        Assert.Equal(["exporter", "wn-hpc"], ForeignContainers.On(state).Select(found => found.Container));
        Assert.All(
            ForeignContainers.On(state), found => Assert.Equal(("", "Foreign", "Warning"), (found.Static, found.Kind, found.Severity)));
    }

    [Fact]
    public async Task One_of_the_declared_name_is_told_once()
    {
        var state = await StateAsync(Made("pisahpc-static-cs7", new PublishedPort("", 2201, "tcp")));
        Assert.Equal("Error", Assert.Single(state.Differences()).Severity);
        Assert.Empty(ForeignContainers.On(state));
    }

    [Fact]
    public async Task A_summary_warns_of_them_and_counts_what_is_declared_as_equal()
    {
        var found = ForeignContainers.On(await StateAsync(Made("wn-hpc"))).ToList();
        var summary = HpcEnvironmentSummary.Of(["o2wn01"], [], 1, found);
        Assert.Equal(("WARNING", 1, 1), (summary.Status, summary.Equal, summary.Different));
        Assert.StartsWith("PISAHPC WARNING - Foreign on o2wn01 | ", summary.Text, StringComparison.Ordinal);
    }

    private async Task<EnvironmentState> StateAsync(params EngineContainer[] containers)
    {
        _cluster.Nodes.RegistryDigests["registry.lab:5000/pisa/hpc:deb12"] = FakeImageStore.Digest('2');
        var plan = await _cluster.PlanOneAsync();
        var own = containers.FirstOrDefault(container => container.Name == plan.Name);
        return new EnvironmentState("o2wn01", [new ComparedContainer(plan, new FoundContainer(own, null, null))], containers);
    }

    private static EngineContainer Made(string name, params PublishedPort[] ports) => new()
    {
        Id = name,
        Name = name,
        Image = "hpc",
        State = ContainerState.Running,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = new Dictionary<string, string>(),
        Published = ports,
    };
}
