using System.Net;
using System.Net.Sockets;
using PisaHpc.Batch;
using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

public sealed class PortLeaseTests : IDisposable
{
    private readonly TestArea _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_lease_says_who_has_the_port_and_until_when()
    {
        var now = new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero);
        var area = _test.With(new FixedClock(now.AddMilliseconds(700)));

        var lease = area.Lease(TestArea.Request("1234[5]") with
        {
            Host = "o2wn01",
            Nodes = "o2wn[01-02]",
            Scheduler = Scheduler.Lsf,
            TimeToLive = TimeSpan.FromHours(2),
        });

        Assert.InRange(lease.Port, 40000, 40004);
        Assert.Equal(
            new JobPort
            {
                Port = lease.Port,
                JobId = "1234[5]",
                Owner = "hpcuser",
                Host = "o2wn01",
                LeasedAt = now,
                ExpiresAt = now.AddHours(2),
                State = nameof(LeaseState.Leased),
                NodeSlots = "o2wn[01-02]",
                Scheduler = nameof(Scheduler.Lsf),
                Path = _test.Path,
                Changed = true,
            },
            lease);
        Assert.Equal(lease with { Changed = false }, area.Find("1234[5]"));
        Assert.Equal([lease with { Changed = false }], area.List());
    }

    [Fact]
    public void Find_links_1_lists_the_free_ports()
    {
        Assert.Equal(["40000", "40001", "40002", "40003", "40004"], _test.FoundFree());

        var ports = new[] { "1", "2", "3" }.Select(job => _test.Area.Lease(TestArea.Request(job)).Port).ToArray();

        Assert.Equal(3, ports.Distinct().Count());
        Assert.Equal(Enumerable.Range(40000, 5).Except(ports).Select(port => $"{port}"), _test.FoundFree());
    }

    [Fact]
    public void Between_the_steps_no_name_but_a_free_port_has_a_single_link()
    {
        var seen = new List<PortStep>();
        var area = _test.With(afterStep: step =>
        {
            seen.Add(step);
            var free = _test.FoundFree();
            Assert.All(free, name => Assert.InRange(int.Parse(name), 40000, 40004));
            Assert.Equal(step is PortStep.Linked or PortStep.Granted ? 4 : 5, free.Count);
        });

        area.Lease(TestArea.Request("1"));
        area.Release("1");

        Assert.Equal([PortStep.Locked, PortStep.RecordWritten, PortStep.Linked, PortStep.Granted, PortStep.Unlinked], seen);
    }

    [Fact]
    public void The_same_job_gets_the_same_port_unchanged()
    {
        var first = _test.Area.Lease(TestArea.Request("7"));

        var second = new PortArea(_test.Path).Lease(TestArea.Request("7") with { Host = "elsewhere", TimeToLive = TimeSpan.FromDays(9) });

        Assert.Equal(first with { Changed = false }, second);
    }

    [Fact]
    public void The_same_job_gets_one_port_however_many_ask_at_once()
    {
        var leases = Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(16)
            .Select(_ => _test.Area.Lease(TestArea.Request("7"))).ToArray();

        Assert.Single(leases.Select(lease => lease.Port).Distinct());
        Assert.Single(leases, lease => lease.Changed);
        Assert.Equal(4, _test.FoundFree().Count);
    }

    [Fact]
    public void An_expired_lease_is_renewed_for_its_own_job()
    {
        var clock = new FixedClock(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        var area = _test.With(clock);
        var first = area.Lease(TestArea.Request("7") with { TimeToLive = TimeSpan.FromHours(1) });
        clock.Now += TimeSpan.FromHours(1);
        Assert.Equal(nameof(LeaseState.Expired), area.Find("7")!.State);

        var second = area.Lease(TestArea.Request("7") with { TimeToLive = TimeSpan.FromHours(1) });

        Assert.Equal(first with { ExpiresAt = clock.Now.AddHours(1) }, second);
        Assert.Equal(nameof(LeaseState.Leased), area.Find("7")!.State);
    }

    [Fact]
    public void A_lease_that_is_prolonged_holds_longer_and_never_shorter()
    {
        var clock = new FixedClock(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        var area = _test.With(clock);
        var first = area.Lease(TestArea.Request("7") with { TimeToLive = TimeSpan.FromDays(7) });
        clock.Now += TimeSpan.FromDays(6);

        var shorter = area.Lease(TestArea.Request("7") with { TimeToLive = TimeSpan.FromHours(1), Prolong = true });
        var longer = area.Lease(TestArea.Request("7") with { TimeToLive = TimeSpan.FromDays(7), Prolong = true });

        Assert.Equal(first with { Changed = false }, shorter);
        Assert.Equal(first with { ExpiresAt = clock.Now.AddDays(7) }, longer);
        Assert.Empty(area.Reclaim(first.ExpiresAt!.Value));
    }

    [Fact]
    public void A_requeued_job_keeps_its_port_and_has_its_new_nodes_before_those_that_it_had()
    {
        var first = _test.Area.Lease(TestArea.Request("7") with { Nodes = "o2wn[01-02]*8" });

        var second = _test.Area.Lease(TestArea.Request("7") with { Nodes = "o2wn[02-03]*4" });

        Assert.Equal(first with { NodeSlots = "o2wn[02-03]*4 o2wn01" }, second);
        Assert.Equal("o2wn[02-03]*4 o2wn01", _test.Area.Find("7")!.NodeSlots);
        Assert.Equal("o2wn[02-03]*4 o2wn01", _test.Area.Lease(TestArea.Request("7")).NodeSlots);
        Assert.False(_test.Area.Lease(TestArea.Request("7") with { Nodes = "o2wn[02-03]*4" }).Changed);
        Assert.Equal(["o2wn02", "o2wn03", "o2wn01"], second.Nodes);
    }

    [Fact]
    public void A_very_long_node_list_is_kept_whole()
    {
        var nodes = string.Join(',', Enumerable.Range(0, 10_000).Select(index => $"irregular-{index * index}"));

        _test.Area.Lease(TestArea.Request("7") with { Nodes = nodes });

        Assert.Equal(nodes, _test.Area.Find("7")!.NodeSlots);
    }

    [Fact]
    public void A_port_that_something_listens_on_is_skipped()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var busy = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var test = new TestArea(busy, busy);

        var failure = Assert.Throws<HpcException>(() => test.Area.Lease(TestArea.Request("1")));

        Assert.Equal(ErrorId.PortAreaExhausted, failure.Id);
        Assert.Contains("0 leased, 1 listened on", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_busy_on_a_node_is_skipped()
    {
        var busy = new HashSet<int> { 40000, 40001, 40003, 40004 };

        Assert.Equal(40002, _test.Area.Lease(TestArea.Request("1") with { Busy = busy }).Port);
    }

    [Fact]
    public void Exhaustion_names_the_area_the_numbers_and_the_next_lease_to_end()
    {
        var area = _test.With(new FixedClock(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        foreach (var hours in Enumerable.Range(1, 4))
        {
            area.Lease(TestArea.Request($"job{hours}") with { TimeToLive = TimeSpan.FromHours(hours) });
        }

        var left = int.Parse(_test.FoundFree().Single());
        var failure = Assert.Throws<HpcException>(() => area.Lease(TestArea.Request("late") with { Busy = new HashSet<int> { left } }));

        Assert.Equal(ErrorId.PortAreaExhausted, failure.Id);
        Assert.Equal(
            $"The port area {_test.Path} has no free port: 4 leased, 1 listened on; " +
            "the next lease to end is job job1's, at 2026-01-01T01:00:00Z.",
            failure.Message);
        Assert.Null(area.Find("late"));
    }

    [Fact]
    public void Ports_out_of_the_sites_range_are_left_alone()
    {
        var area = new PortArea(_test.Path, 40001, 40002);

        int[] ports = [area.Lease(TestArea.Request("1")).Port, area.Lease(TestArea.Request("2")).Port];

        Assert.Equal([40001, 40002], ports.Order());
        Assert.Equal(ErrorId.PortAreaExhausted, Assert.Throws<HpcException>(() => area.Lease(TestArea.Request("3"))).Id);
        Assert.Equal(
            ErrorId.PortAreaMissing,
            Assert.Throws<HpcException>(() => new PortArea(_test.Path, 50000, 50001).Lease(TestArea.Request("3"))).Id);
    }

    [Fact]
    public void A_missing_area_is_named_by_every_call()
    {
        var area = new PortArea(_test.Path + "-not");

        foreach (var call in new Action[]
        {
            () => area.Lease(TestArea.Request("1")), () => area.Predict(TestArea.Request("1")), () => area.List(), () => area.Find("1"),
            () => area.Release("1"), () => area.Reclaim(DateTimeOffset.UtcNow),
        })
        {
            var failure = Assert.Throws<HpcException>(call);
            Assert.Equal(ErrorId.PortAreaMissing, failure.Id);
            Assert.Contains(area.Path, failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("../x", "hpcuser", 60)]
    [InlineData("", "hpcuser", 60)]
    [InlineData("1", " ", 60)]
    [InlineData("1", "hpcuser", 0.01)]
    [InlineData("1", "hpcuser", 1e9)]
    public void Bad_values_are_refused(string jobId, string owner, double seconds)
    {
        var request = new PortRequest { JobId = jobId, Owner = owner, TimeToLive = TimeSpan.FromSeconds(seconds) };

        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => _test.Area.Lease(request)).Id);
        Assert.Equal(5, _test.FoundFree().Count);
    }

    [Fact]
    public void A_prediction_takes_nothing()
    {
        var predicted = _test.Area.Predict(TestArea.Request("1") with { Busy = new HashSet<int> { 40000, 40001, 40003, 40004 } });

        Assert.Equal((40002, true), (predicted.Port, predicted.Changed));
        Assert.Equal(5, _test.FoundFree().Count);

        var lease = _test.Area.Lease(TestArea.Request("1"));
        Assert.Equal(lease with { Changed = false }, _test.Area.Predict(TestArea.Request("1")));
    }

    [Fact]
    public void A_port_that_was_planned_is_the_job_s_unless_another_was_quicker()
    {
        var planned = _test.Area.Predict(TestArea.Request("1")).Port;
        Assert.Equal(planned, _test.Area.Lease(TestArea.Request("1") with { Planned = planned }).Port);
        Assert.NotEqual(planned, _test.Area.Lease(TestArea.Request("2") with { Planned = planned }).Port);
    }

    [Theory]
    [InlineData(40004, 49000)]
    [InlineData(40004, 40004)]
    [InlineData(1, IPEndPoint.MaxPort)]
    public void Whatever_part_of_the_range_has_files_the_last_free_port_is_found(int first, int last)
    {
        var area = new PortArea(_test.Path, first, last) { ListeningHere = () => new HashSet<int> { 40000, 40001, 40002, 40003 } };
        Assert.Equal(40004, area.Lease(TestArea.Request("1")).Port);
        var failure = Assert.Throws<HpcException>(() => area.Lease(TestArea.Request("2")));
        Assert.Equal(ErrorId.PortAreaExhausted, failure.Id);
        Assert.Contains("no free port: 1 leased", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_areas_with_the_same_port_in_them_are_told_apart_by_path_alone()
    {
        using var other = new TestArea();

        var lease = other.Area.Lease(TestArea.Request("1"));

        Assert.Equal(other.Path, lease.Path);
        Assert.Null(_test.Area.Find("1"));
    }
}
