using System.Diagnostics;
using System.Globalization;
using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

/// <summary>Whoever starts or stops a job has its lease to himself, and a dead one has it no longer.</summary>
public sealed class PortHoldTests : IDisposable
{
    private readonly TestArea _test = new();
    private readonly PortArea _impatient;

    public PortHoldTests() => _impatient = new PortArea(_test.Path) { Patience = TimeSpan.FromMilliseconds(50) };

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_lease_that_is_held_can_be_seen_and_not_touched()
    {
        using var hold = _test.Area.Hold(TestArea.Request("7"));

        Assert.True(_impatient.IsBusy(hold.Lease));
        Assert.Equal(hold.Lease with { Changed = false }, _impatient.Find("7"));
        Assert.Empty(_impatient.Reclaim(DateTimeOffset.UtcNow.AddYears(1), _ => false));
        foreach (var call in new Action[]
        {
            () => _impatient.Release("7"), () => _impatient.Hold(TestArea.Request("7")), () => _impatient.Lease(TestArea.Request("7")),
            () => _impatient.Hold("7", TimeSpan.FromMilliseconds(50), CancellationToken.None),
        })
        {
            var failure = Assert.Throws<HpcException>(call);
            Assert.Equal(ErrorId.JobBeingStarted, failure.Id);
            Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_lease_that_is_let_go_stays_and_one_that_is_released_does_not()
    {
        using (var first = _test.Area.Hold(TestArea.Request("7")))
        {
            Assert.True(first.IsNew);
        }

        using var second = _test.Area.Hold(TestArea.Request("7"));
        Assert.False(second.IsNew);
        Assert.True(second.Release().Changed);
        Assert.False(second.Release().Changed);
        Assert.Null(_test.Area.Find("7"));
        Assert.Null(_test.Area.Hold("7", TimeSpan.Zero, CancellationToken.None));
        Assert.Equal(5, _test.FoundFree().Count);
    }

    [Fact]
    public void What_its_starter_noted_is_there_for_whoever_stops_the_job_and_goes_with_the_lease()
    {
        using (var starter = _test.Area.Hold(TestArea.Request("7") with { Nodes = "o2wn[01-99]*32" }))
        {
            Assert.Null(starter.Note);
            starter.Note = """{"id":"0a1b2c3d"}""";
            starter.Note = """{"id":"0a1b2c3d","ready":"yes"}""";
        }

        Assert.Equal("""{"id":"0a1b2c3d","ready":"yes"}""", _test.Area.NoteOf(_test.Area.Find("7")!));
        Assert.Equal("o2wn[01-99]*32", _test.Area.Find("7")!.NodeSlots);
        using (var again = _test.Area.Hold(TestArea.Request("7") with { TimeToLive = TimeSpan.FromDays(30), Prolong = true }))
        {
            Assert.True(again.Lease.Changed);
            Assert.NotNull(again.Note);
        }

        using (var stopper = _test.Area.Hold("7", TimeSpan.Zero, CancellationToken.None)!)
        {
            Assert.Equal("""{"id":"0a1b2c3d","ready":"yes"}""", stopper.Note);
            stopper.Note = "short";
            Assert.Equal("short", stopper.Note);
            stopper.Release();
        }

        Assert.Equal("", File.ReadAllText($"{_test.Path}/{_test.Area.Lease(TestArea.Request("8")).Port}").Split('\n', 2)[1]);
    }

    [Fact]
    public void A_note_is_read_whole_by_whoever_comes_next_or_refused()
    {
        var longest = new string('x', (1 << 20) - (1 << 13));
        using (var starter = _test.Area.Hold(TestArea.Request("7")))
        {
            starter.Note = longest;
            Assert.Throws<IOException>(() => starter.Note = new string('x', 1 << 20));
        }

        using var stopper = _test.Area.Hold("7", TimeSpan.Zero, CancellationToken.None)!;
        Assert.Equal(longest, stopper.Note);
    }

    [Fact]
    public void Half_a_note_is_none_and_takes_nothing_from_the_lease()
    {
        var lease = _test.Area.Lease(TestArea.Request("7"));
        File.AppendAllText($"{_test.Path}/{lease.Port}", "{\"id\":\"0a1b");
        Assert.Null(_test.Area.NoteOf(lease));
        Assert.Equal(lease with { Changed = false }, _test.Area.Find("7"));
    }

    [Fact]
    public void Who_has_it_now_is_named_and_not_who_took_it()
    {
        _test.Area.Lease(TestArea.Request("7") with { Host = "o2wn99" });

        using var hold = _test.Area.Hold("7", TimeSpan.Zero, CancellationToken.None);

        var failure = Assert.Throws<HpcException>(() => _impatient.Release("7"));
        Assert.Contains($"on {Environment.MachineName},", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hold_dies_with_its_process_though_a_child_of_it_lives()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var racer = new Racer("job", jobs: 1);
        racer.Tell($"in {_test.Path} {_test.Path}");
        racer.Tell("hold");
        await racer.HearAsync("hold", isFatal: null, stop.Token);
        var lease = Assert.Single(_test.Area.List());
        Assert.True(_test.Area.IsBusy(lease));

        var said = racer.Said.Single(line => line.StartsWith("child", StringComparison.Ordinal));
        using var child = Process.GetProcessById(int.Parse(said.Split(' ')[1], CultureInfo.InvariantCulture));
        try
        {
            await racer.KillAsync(stop.Token);

            Assert.False(child.HasExited);
            Assert.False(_test.Area.IsBusy(lease));
            Assert.True(_impatient.Release("job-0").Changed);
        }
        finally
        {
            child.Kill();
        }
    }
}
