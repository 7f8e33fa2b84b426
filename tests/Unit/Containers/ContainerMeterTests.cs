using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>What containers use from look to look, by themselves and added up.</summary>
public sealed class ContainerMeterTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 15, 0, 0, TimeSpan.Zero);
    private readonly FakeCluster _cluster = new();
    private readonly ContainerMeter _meter = new();

    [Fact]
    public async Task The_first_look_has_no_share_of_time_and_the_next_has_that_between_the_two()
    {
        var container = await StartedAsync("a");
        Uses(0, cpu: 10, throttled: 1);
        Assert.Null(Assert.Single(await LookAsync(container)).Cpus);
        Uses(2, cpu: 17, throttled: 1.5);
        var usage = Assert.Single(await LookAsync(container));
        Assert.Equal((3.5, 25.0), (usage.Cpus, usage.ThrottledPercent));
        Uses(4, cpu: 17, throttled: 1.5);
        Assert.Equal(0.0, Assert.Single(await LookAsync(container)).Cpus);
    }

    [Fact]
    public async Task The_kernel_s_own_limit_counts_and_not_the_node_s_memory_that_an_engine_says_where_there_is_none()
    {
        var container = await StartedAsync("a");
        Kernel("cgroup\t/sys/fs/cgroup/c", "limit\tmax", "kills\t2", "hits\t5", "peak\t4096", "quota\t150000", "period\t100000");
        Uses(0, cpu: 1);
        var usage = Assert.Single(await LookAsync(container));
        Assert.Equal((null, 2, 5, 4096, 1.5), (usage.MemoryLimitBytes, usage.OomKills, usage.MemoryLimitHits, usage.PeakMemoryBytes, usage.CpuLimit));
    }

    [Fact]
    public async Task A_container_that_has_ended_or_is_gone_uses_nothing()
    {
        var (first, second) = (await StartedAsync("a"), await StartedAsync("b"));
        Uses(0, cpu: 1);
        Assert.Equal(2, (await LookAsync(first, second)).Count);
        await _cluster.EngineOf("o2wn01").StopAsync(first.Id, TimeSpan.Zero, CancellationToken.None);
        await _cluster.EngineOf("o2wn01").RemoveAsync(second.Id, CancellationToken.None);
        Assert.Empty(await LookAsync(first, second));
    }

    [Fact]
    public void A_job_s_use_is_that_of_its_containers_on_all_nodes_and_a_static_environment_s_beside_it()
    {
        var sums = HpcContainerUsage.Of(
            [Use("o2wn02", "7", cpus: 1.5, limit: 4), Use("o2wn01", "7", cpus: 2, limit: 4), Use("o2wn01", null, cpus: 1, limit: null)], UsageGroup.Job);
        Assert.Equal([("7", "o2wn[01-02]", 2, 3.5, 8.0), (null, "o2wn01", 1, 1.0, null)], sums.Select(Facts));
    }

    [Fact]
    public void A_node_s_use_has_no_limit_where_one_of_its_containers_has_none_and_no_job()
    {
        var sums = HpcContainerUsage.Of(
            [Use("o2wn01", "7", cpus: 2, limit: 4), Use("o2wn01", "8", cpus: 1, limit: null), Use("o2wn02", "7", cpus: 1, limit: 4)], UsageGroup.Node);
        Assert.Equal([(null, "o2wn01", 2, 3.0, null), (null, "o2wn02", 1, 1.0, 4.0)], sums.Select(Facts));
    }

    [Fact]
    public void What_no_container_tells_stays_unknown_in_a_sum_and_pressure_is_the_highest()
    {
        var first = Use("o2wn01", "7", cpus: 1, limit: 1) with { Pids = 3, MemoryPressure = 2 };
        var sum = Assert.Single(HpcContainerUsage.Of([first, first with { Pids = null, MemoryPressure = 40 }], UsageGroup.Job));
        Assert.Equal((3, 40.0, null, null), (sum.Pids, sum.MemoryPressure, sum.NetworkSentBytes, sum.CpuPressure));
    }

    private static (string?, string, int, double?, double?) Facts(HpcContainerUsage usage) =>
        (usage.JobId, usage.NodeList, usage.Containers, usage.Cpus, usage.CpuLimit);

    private static HpcContainerUsage Use(string node, string? job, double cpus, double? limit) =>
        new() { Time = Start, Nodes = [node], JobId = job, Static = job is null ? "cs7" : null, Cpus = cpus, CpuLimit = limit };

    private void Uses(double second, double cpu, double throttled = 0) => _cluster.EngineOf("o2wn01").Usage = new ContainerUsage
    {
        Time = Start.AddSeconds(second),
        CpuTime = TimeSpan.FromSeconds(cpu),
        ThrottledTime = TimeSpan.FromSeconds(throttled),
        MemoryLimitBytes = 1L << 40,
    };

    private void Kernel(params string[] said) => _cluster.OnRun = (_, arguments, _) =>
        FakeCluster.Result(0, string.Concat(said.Select(line => $"{arguments[5]}.{line}\n")) + "end\t1\n");

    private async Task<HpcContainer> StartedAsync(string name)
    {
        Kernel();
        var id = await _cluster.EngineOf("o2wn01").CreateAsync(
            new ContainerSpec { Name = name, Image = "tiny", Command = ["sleep"], User = "0:0" }, CancellationToken.None);
        await _cluster.EngineOf("o2wn01").StartAsync(id, CancellationToken.None);
        return new HpcContainer
        {
            Node = "o2wn01",
            JobId = "7",
            Name = name,
            Id = id,
            State = nameof(ContainerState.Running),
            Environment = "tiny",
            Image = "tiny",
            Owner = "hpcuser",
            Slots = 1,
            Port = 0,
            ReadyTimeoutSec = 30,
            CreatedAt = Start,
        };
    }

    private async Task<IReadOnlyList<HpcContainerUsage>> LookAsync(params HpcContainer[] containers) => await _meter.LookAsync(
        await _cluster.Cluster.Nodes.ConnectAsync("o2wn01", CancellationToken.None), _cluster.EngineOf("o2wn01"), containers, CancellationToken.None);
}
