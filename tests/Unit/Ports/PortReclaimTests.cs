using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PisaHpc.Batch;
using PisaHpc.Ports;

namespace PisaHpc.Unit.Ports;

public sealed class PortReclaimTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TestArea _test = new();
    private readonly PortArea _area;

    public PortReclaimTests()
    {
        _area = _test.With(new FixedClock(Start));
        _area.Lease(TestArea.Request("short") with { TimeToLive = TimeSpan.FromHours(1), Nodes = "o2wn01" });
        _area.Lease(TestArea.Request("long") with { TimeToLive = TimeSpan.FromHours(9) });
    }

    public void Dispose() => _test.Dispose();

    [Fact]
    public void A_release_says_what_it_took_back_and_twice_is_fine()
    {
        var lease = _area.Find("short")!;

        var first = _area.Release("short");
        var second = _area.Release("short");

        Assert.Equal(
            new ReleasedPort
            {
                JobId = "short",
                Port = lease.Port,
                Owner = "hpcuser",
                NodeSlots = "o2wn01",
                Reason = nameof(ReleaseReason.Requested),
                Path = _test.Path,
            },
            first);
        Assert.True(first.Changed);
        Assert.Equal(new ReleasedPort { JobId = "short", Reason = nameof(ReleaseReason.NotHeld), Path = _test.Path }, second);
        Assert.False(second.Changed);
        Assert.Contains($"{lease.Port}", _test.FoundFree());
        Assert.Equal(0, new FileInfo($"{_test.Path}/{lease.Port}").Length);
    }

    [Fact]
    public void Time_alone_ends_a_lease()
    {
        Assert.Empty(_area.Reclaim(Start.AddMinutes(59)));

        var reclaimed = Assert.Single(_area.Reclaim(Start.AddHours(1)));

        Assert.Equal(("short", nameof(ReleaseReason.Expired)), (reclaimed.JobId, reclaimed.Reason));
        Assert.Equal("long", Assert.Single(_area.List()).JobId);
        Assert.Empty(_area.Reclaim(Start.AddHours(1)));
    }

    [Fact]
    public void The_batch_systems_word_goes_before_time()
    {
        var reclaimed = Assert.Single(_area.Reclaim(Start.AddHours(2), lease => lease.JobId == "short"));

        Assert.Equal(("long", nameof(ReleaseReason.JobEnded)), (reclaimed.JobId, reclaimed.Reason));
        Assert.Equal("short", Assert.Single(_area.List()).JobId);
    }

    [Fact]
    public void A_lease_that_may_be_younger_than_the_batch_systems_list_is_not_judged_by_it()
    {
        Assert.Empty(_area.Reclaim(Start.AddMinutes(10), _ => false));
        Assert.Equal(2, _area.Reclaim(Start.AddMinutes(11), _ => false).Count);
    }

    [Fact]
    public void What_would_be_reclaimed_can_be_seen_first_and_taken_one_by_one()
    {
        var predicted = Assert.Single(_area.PredictReclaim(Start.AddHours(1)));
        Assert.Equal(3, _test.FoundFree().Count);

        Assert.Null(_area.Reclaim("long", Start.AddHours(1)));
        Assert.Equal(predicted, _area.Reclaim("short", Start.AddHours(1)));
        Assert.Null(_area.Reclaim("short", Start.AddHours(1)));
        Assert.Equal(4, _test.FoundFree().Count);
    }

    [Fact]
    public void A_lease_renewed_between_the_look_and_the_taking_stays()
    {
        Assert.Single(_area.PredictReclaim(Start.AddHours(1)));
        _test.With(new FixedClock(Start.AddHours(1))).Lease(TestArea.Request("short"));

        Assert.Null(_area.Reclaim("short", Start.AddHours(1)));
        Assert.NotNull(_area.Find("short"));
    }

    [Fact]
    public void What_would_be_released_can_be_seen_first()
    {
        var predicted = _area.PredictRelease("short");

        Assert.NotNull(_area.Find("short"));
        Assert.Equal(predicted, _area.Release("short"));
        Assert.Equal(nameof(ReleaseReason.NotHeld), _area.PredictRelease("short").Reason);
    }

    [Theory]
    [InlineData("1234", true)]
    [InlineData("1234[7]", true)]
    [InlineData("1234_7", true)]
    [InlineData("77.server", true)]
    [InlineData("123", false)]
    [InlineData("12345", false)]
    public void A_job_lives_when_it_or_its_array_is_on_the_batch_systems_list(string jobId, bool alive)
    {
        var lease = _area.Lease(TestArea.Request(jobId) with { Scheduler = Scheduler.Slurm });

        Assert.Equal(alive, new LiveJobs(["1234[5]", "1234_6", "77", "short"]).Tell(lease));
    }

    [Fact]
    public void Of_a_job_that_no_batch_system_runs_its_list_says_nothing()
    {
        var live = new LiveJobs(["1"]);
        _test.LinkAsOldScript(int.Parse(_test.FoundFree()[0]), "2");

        Assert.Null(live.Tell(_area.Find("short")!));
        Assert.False(live.Tell(_area.Find("2")!));
    }

    [Fact]
    public void A_port_whose_file_was_removed_under_its_job_is_an_error_that_says_so()
    {
        var lease = _area.Find("short")!;
        File.Delete($"{_test.Path}/{lease.Port}");

        var failure = Assert.Throws<HpcException>(() => _area.Lease(TestArea.Request("short")));

        Assert.Equal(ErrorId.PortAreaUnusable, failure.Id);
        Assert.Contains("job-short", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_ends_with_its_use_though_a_process_that_is_being_started_still_has_the_open_file()
    {
        var name = $"{_test.Path}/40000";
        int copy;
        using (var file = PortFile.Open(name, 40000)!)
        {
            Assert.True(file.TryLock());
            copy = Duplicate(DescriptorOf(name));
        }

        using var forked = new SafeFileHandle(copy, ownsHandle: true);
        using var next = PortFile.Open(name, 40000)!;
        Assert.True(next.TryLock());
    }

    [Fact]
    public void A_process_that_stands_still_with_the_lock_is_passed_over()
    {
        var lease = _area.Find("short")!;
        using var file = PortFile.Open($"{_test.Path}/{lease.Port}", lease.Port)!;
        Assert.True(file.TryLock());

        Assert.Empty(_area.Reclaim(Start.AddHours(1)));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => _area.Release("short", stop.Token));
        Assert.NotNull(_area.Find("short"));
    }

    private static int DescriptorOf(string name) => int.Parse(Path.GetFileName(
        Directory.GetFiles("/proc/self/fd").Single(descriptor => new FileInfo(descriptor).LinkTarget == name)));

    /// <summary>What fork(2) does to a descriptor: another one of the same open file.</summary>
    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Duplicate(int descriptor);
}
