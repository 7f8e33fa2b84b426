using PisaHpc.Containers;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>What the kernel holds a container to counts, and not what its engine was asked for.</summary>
public sealed class LimitsInForceTests
{
    private const long Mebibyte = 1L << 20;
    private readonly FakeCluster _cluster = new();
    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData("200000", "314572800")]
    [InlineData("100000", "104857600")]
    public async Task Limits_as_planned_or_smaller_will_do(string quota, string limit)
    {
        Kernel("cgroup\t/sys/fs/cgroup/memory/docker/c", $"limit\t{limit}", $"quota\t{quota}", "period\t100000");
        await StartAsync(cpus: 2, memory: 300 * Mebibyte);
    }

    [Theory]
    [InlineData("400000", "314572800", "its CPU quota is 4 (/sys/fs/cgroup/c), and was to be 2 at most")]
    [InlineData("-1", "314572800", "its CPU quota is none (/sys/fs/cgroup/c), and was to be 2 at most")]
    [InlineData("200000", "314576896", "its limit of memory is 314576896 bytes (/sys/fs/cgroup/c), and was to be 314572800 bytes at most")]
    [InlineData("200000", "max", "its limit of memory is none (/sys/fs/cgroup/c), and was to be 314572800 bytes at most")]
    public async Task A_larger_one_or_none_is_a_failure_with_node_value_and_the_one_that_was_wanted(string quota, string limit, string words)
    {
        Kernel("cgroup\t/sys/fs/cgroup/c", $"limit\t{limit}", $"quota\t{quota}", "period\t100000");
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(cpus: 2, memory: 300 * Mebibyte));
        Assert.Equal((ErrorId.LimitNotInForce, "o2wn01"), (failure.Id, failure.Target));
        Assert.Equal($"Container pisahpc-42-0123abcd on o2wn01 is not held to its limits: {words}.", failure.Message);
    }

    [Fact]
    public async Task A_kernel_without_the_controller_holds_a_container_to_nothing()
    {
        Kernel();
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(cpus: null, memory: 300 * Mebibyte));
        Assert.EndsWith(
            "its limit of memory is none, and was to be 314572800 bytes at most.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_runs_and_of_which_no_process_is_in_a_group_is_held_to_nothing()
    {
        Kernel("empty\t1");
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(cpus: 2, memory: 300 * Mebibyte));
        Assert.Equal(ErrorId.LimitNotInForce, failure.Id);
        Assert.EndsWith(
            "none of the processes that are seen there is in a control group of it, and was to be 2 CPUs and 314572800 bytes of memory at most.",
            failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_that_is_mounted_nowhere_there_is_a_warning()
    {
        Kernel("unmounted.cpu\t1", "unmounted.memory\t1");
        await StartAsync(cpus: 2, memory: 300 * Mebibyte);
        Assert.Equal(
            "Whether container pisahpc-42-0123abcd on o2wn01 is held to 2 CPUs and 314572800 bytes of memory cannot be seen: "
            + "its control group is in no hierarchy that is mounted there.",
            Assert.Single(_warnings));
    }

    [Fact]
    public async Task It_is_a_failure_where_limits_are_required()
    {
        Kernel("cgroup\t/sys/fs/cgroup/c", "limit\t314572800", "unmounted.cpu\t1");
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(cpus: 2, memory: 300 * Mebibyte, required: true));
        Assert.Equal(ErrorId.LimitNotInForce, failure.Id);
        Assert.Contains("limits.fromJob is required, and was to be 2 CPUs at most", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task What_is_not_seen_is_named_beside_what_is()
    {
        Kernel("cgroup\t/sys/fs/cgroup/c", "limit\t314572800", "unmounted.cpu\t1");
        await StartAsync(cpus: 2, memory: 300 * Mebibyte);
        Assert.Contains("is held to 2 CPUs cannot be seen", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_seen_counts_beside_what_is_not()
    {
        Kernel("cgroup\t/sys/fs/cgroup/c", "limit\tmax", "unmounted.cpu\t1");
        var failure = await Assert.ThrowsAsync<HpcException>(() => StartAsync(cpus: 2, memory: 300 * Mebibyte));
        Assert.Contains("its limit of memory is none (/sys/fs/cgroup/c)", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("empty\t1")]
    [InlineData("unmounted.cpu\t1")]
    public async Task One_that_has_ended_is_for_others_to_explain(params string[] said)
    {
        Kernel(said);
        await StartAsync(cpus: 2, memory: null, ended: true);
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Where_there_is_no_limit_nobody_asks()
    {
        _cluster.OnRun = (_, _, _) => throw new InvalidOperationException("Nobody was to ask.");
        await StartAsync(cpus: null, memory: null);
    }

    private void Kernel(params string[] said) => _cluster.OnRun = (_, arguments, _) =>
        FakeCluster.Result(0, string.Concat(said.Select(line => $"{arguments[5]}.{line}\n")) + "end\t1\n");

    private async Task StartAsync(int? cpus, long? memory, bool ended = false, bool required = false)
    {
        var request = PlanRequests.For(PlanRequests.Environment with
        {
            Limits = new ContainerLimits
            {
                MemoryBytes = memory,
                CpusFromSlots = cpus is not null,
                Bounds = required ? JobLimits.Required : JobLimits.Known,
            },
        });
        var plan = ContainerPlanner.Plan(request with { Node = request.Node with { Cpus = cpus, MemoryBytes = memory } });
        var engine = await _cluster.Cluster.Engines.ConnectAsync("o2wn01", CancellationToken.None);
        var connection = await _cluster.Cluster.Nodes.ConnectAsync("o2wn01", CancellationToken.None);
        var container = await ContainerStarter.StartAsync(engine, plan, CancellationToken.None);
        if (ended)
        {
            _cluster.EngineOf("o2wn01").Exit(container.Id, exitCode: 1);
        }

        await LimitsInForce.RequireAsync(connection, engine, plan, container, _warnings.Add, CancellationToken.None);
    }
}
