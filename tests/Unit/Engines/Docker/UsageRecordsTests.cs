using Docker.DotNet.Models;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>What a container uses, from the engine's answers on nodes of both versions of control groups.</summary>
public class UsageRecordsTests
{
    private static readonly DateTime Read = new(2026, 11, 28, 15, 40, 39, DateTimeKind.Utc);

    [Theory]
    [InlineData("total_inactive_file")]
    [InlineData("inactive_file")]
    public void The_working_set_is_without_the_page_cache_that_was_not_used_of_late(string statistic)
    {
        var memory = new MemoryStats { Usage = 1000, Limit = 4000, Stats = new Dictionary<string, ulong> { [statistic] = 300 } };
        var usage = UsageRecords.Of(new ContainerStatsResponse { Read = Read, MemoryStats = memory });
        Assert.Equal((1000, 700, 4000), (usage.MemoryBytes, usage.WorkingSetBytes, usage.MemoryLimitBytes));
    }

    [Fact]
    public void A_page_cache_that_was_read_a_moment_later_and_is_the_greater_leaves_what_is_used()
    {
        var memory = new MemoryStats { Usage = 1000, Stats = new Dictionary<string, ulong> { ["inactive_file"] = 1001 } };
        Assert.Equal(1000, UsageRecords.Of(new ContainerStatsResponse { Read = Read, MemoryStats = memory }).WorkingSetBytes);
    }

    [Fact]
    public void What_the_control_groups_do_not_tell_is_null() => Assert.Equal(
        new ContainerUsage { Time = Read },
        UsageRecords.Of(new ContainerStatsResponse
        {
            Read = Read,
            MemoryStats = new MemoryStats(),
            PidsStats = new PidsStats(),
            BlkioStats = new BlkioStats { IoServiceBytesRecursive = [] },
        }));

    [Fact]
    public void No_limit_of_processes_is_null() => Assert.Null(
        UsageRecords.Of(new ContainerStatsResponse { Read = Read, PidsStats = new PidsStats { Current = 3, Limit = ulong.MaxValue } }).PidsLimit);

    [Fact]
    public void Times_are_nanoseconds_and_devices_are_added_up_whatever_their_case()
    {
        BlkioStatEntry[] entries =
        [
            new() { Major = 8, Op = "Read", Value = 5 }, new() { Major = 9, Op = "read", Value = 6 },
            new() { Major = 8, Op = "Write", Value = 7 }, new() { Major = 8, Op = "Total", Value = 12 },
        ];
        var usage = UsageRecords.Of(new ContainerStatsResponse
        {
            Read = Read,
            CPUStats = new CPUStats
            {
                CPUUsage = new CPUUsage { TotalUsage = 1_500_000_000 },
                ThrottlingData = new ThrottlingData { ThrottledTime = 2_000_000 },
            },
            BlkioStats = new BlkioStats { IoServiceBytesRecursive = entries },
        });
        Assert.Equal((1.5, 2), (usage.CpuTime!.Value.TotalSeconds, usage.ThrottledTime!.Value.TotalMilliseconds));
        Assert.Equal((11, 7), (usage.BlockReadBytes, usage.BlockWriteBytes));
    }

    [Fact]
    public void Networks_of_its_own_are_added_up_and_the_node_s_is_none()
    {
        var usage = UsageRecords.Of(new ContainerStatsResponse
        {
            Read = Read,
            Networks = new Dictionary<string, NetworkStats>
            {
                ["eth0"] = new() { RxBytes = 5, TxBytes = 7 },
                ["eth1"] = new() { RxBytes = 6, TxBytes = 8 },
            },
        });
        Assert.Equal((11, 15), (usage.NetworkReceivedBytes, usage.NetworkSentBytes));
        Assert.Null(UsageRecords.Of(new ContainerStatsResponse { Read = Read }).NetworkReceivedBytes);
    }
}
