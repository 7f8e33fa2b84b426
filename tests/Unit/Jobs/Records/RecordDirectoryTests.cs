using System.Globalization;
using PisaHpc.Jobs.Records;
using PisaHpc.Tracing;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs.Records;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RecordDirectoryTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-11-29T09:00:00Z", CultureInfo.InvariantCulture);
    private readonly TestRecords _records = new();

    public void Dispose() => _records.Dispose();

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        var written = TestRecords.Job() with
        {
            Cluster = "lab",
            RestartCount = 1,
            Scheduler = "Slurm",
            Queue = "hpc",
            ImageDigest = "sha256:918db",
            Port = 22042,
            BegunAt = Now.AddMinutes(-50),
            StartedAt = Now.AddMinutes(-49),
            Signal = 9,
            ErrorId = "JobRolledBack",
            BatchState = "FAILED",
            BatchReason = "NonZeroExitCode",
            EndedByUser = "root",
            EndedByHost = "o2wn01",
            EndedByProgram = "a-test",
            Nodes =
            [
                new HpcEndedJobNode
                {
                    Name = "o2wn01", Slots = 32, Container = "c", State = "Running", OutOfMemory = true, OomKills = 1, MemoryLimitHits = 2,
                    MemoryPeakBytes = 3, MemoryLimitBytes = 4, Cgroup = "/sys/fs/cgroup/x", ErrorId = "DiskFull", Message = "full", ExitCode = 5,
                },
            ],
            Remarks = ["no limit of its memory was known"],
            Phases = [new PhaseTime("Survey", 0.25, null), new PhaseTime("WaitUntilReady", 1.5, "o2wn02")],
        };

        var file = _records.DirectoryAt().Write(written);
        var read = Assert.Single(_records.Read());

        Assert.Equal(file, read.Path);
        Assert.Equal(written.Nodes, read.Nodes);
        Assert.Equal(written.Phases, read.Phases);
        Assert.Equal(written.Remarks, read.Remarks);
        Assert.Equal(written with { Nodes = [], Remarks = [], Phases = [] }, read with { Nodes = [], Remarks = [], Phases = [], Path = "" });
        Assert.Equal((32, 270.0), (read.TotalSlots, read.TookSec));
        Assert.Empty(_records.Warnings);
    }

    [Fact]
    public void A_name_says_when_which_job_and_which_run_and_an_array_elements_too()
    {
        Assert.EndsWith(
            "/20261129T081530Z_1234.5_0a1b2c3d.json",
            _records.DirectoryAt().Write(TestRecords.Job("1234[5]")),
            StringComparison.Ordinal);
        var name = RecordName.Parse("20261129T081530Z_1234_5_0a1b2c3d.json")!;
        Assert.Equal(("1234_5", "0a1b2c3d"), (name.Job, name.Run));
        Assert.Null(RecordName.Parse("20261399T081530Z_1234_0a1b2c3d.json"));
        Assert.Null(RecordName.Parse("20261129T081530Z_.._0a1b2c3d.json.new"));
    }

    [Fact]
    public void Everybody_may_read_a_record_and_nothing_else_is_left()
    {
        var file = _records.DirectoryAt().Write(TestRecords.Job());
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(file));
        Assert.Equal([".pruned", Path.GetFileName(file)], _records.Files);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_directory_that_others_may_write_to_is_refused(UnixFileMode others)
    {
        File.SetUnixFileMode(_records.Path, File.GetUnixFileMode(_records.Path) | others);
        var failure = Assert.Throws<HpcException>(() => _records.DirectoryAt().Write(TestRecords.Job()));
        Assert.Equal((ErrorId.RecordsUnusable, _records.Path), (failure.Id, failure.Target));
        Assert.Empty(_records.Files);
    }

    [Fact]
    public async Task What_cannot_be_written_is_a_warning_that_names_the_directory_and_what_to_do()
    {
        Directory.Delete(_records.Path);
        try
        {
            var run = new JobRun { Id = "0a1b2c3d", JobId = "42" };
            Assert.False(await _records.Recorder.WriteAsync(run, new EndFacts(), []));
            Assert.Equal(
                $"The end of job 42 is not written down: The directory of records {_records.Path} does not exist on {Environment.MachineName}. "
                + "Mount the shared file system, or make the directory: Initialize-HpcNode.",
                Assert.Single(_records.Warnings));
        }
        finally
        {
            Directory.CreateDirectory(_records.Path);
        }
    }

    [Fact]
    public async Task Many_writers_at_once_write_a_record_each_and_of_one_run_one_is_read()
    {
        var many = Enumerable.Range(0, 64).Select(i => Task.Run(() => new RecordDirectory(_records.Definition).Write(
            TestRecords.Job($"{i % 32}", $"{i % 32:x8}", $"2026-11-29T08:15:{i % 60:00}Z"))));
        await Task.WhenAll(many);

        var read = _records.Read();
        Assert.Equal(Enumerable.Range(0, 32).Select(i => $"{i}").Order(), read.Select(job => job.JobId).Order());
        Assert.Empty(_records.Warnings);
        Assert.DoesNotContain(_records.Files, file => file.EndsWith(".new", StringComparison.Ordinal));
    }

    [Fact]
    public void Old_records_go_once_a_day_and_what_is_not_ours_stays()
    {
        var clock = new FixedClock(Now);
        foreach (var file in (string[])
            ["20261030T085959Z_1_00000001.json", "20261030T090001Z_2_00000002.json", "20200101T000000Z.json", "notes.txt"])
        {
            File.WriteAllText(Path.Combine(_records.Path, file), "");
        }

        var crashed = Path.Combine(_records.Path, ".20261001T000000Z_9_00000009.json.5f.new");
        File.WriteAllText(crashed, "");
        File.SetLastWriteTimeUtc(crashed, Now.UtcDateTime.AddDays(-2));

        _records.DirectoryAt(clock).Write(TestRecords.Job());
        Assert.Equal(
            [".pruned", "20200101T000000Z.json", "20261030T090001Z_2_00000002.json", "20261129T081530Z_42_0a1b2c3d.json", "notes.txt"],
            _records.Files);

        clock.Now = Now.AddHours(23);
        _records.DirectoryAt(clock).Write(TestRecords.Job("43"));
        Assert.Contains("20261030T090001Z_2_00000002.json", _records.Files);
        clock.Now = Now.AddHours(25);
        _records.DirectoryAt(clock).Write(TestRecords.Job("44"));
        Assert.DoesNotContain("20261030T090001Z_2_00000002.json", _records.Files);
    }

    [Fact]
    public void Who_is_not_through_in_time_leaves_the_rest_to_the_next()
    {
        foreach (var i in Enumerable.Range(0, 3))
        {
            File.WriteAllText(Path.Combine(_records.Path, $"20200101T000000Z_1_0000000{i}.json"), "");
        }

        var hasty = new RecordDirectory(_records.Definition) { Clock = new FixedClock(Now), PruneLimit = TimeSpan.FromTicks(-1) };
        hasty.Write(TestRecords.Job());
        Assert.Equal(4, _records.Files.Count);
        _records.DirectoryAt(new FixedClock(Now)).Write(TestRecords.Job("43"));
        Assert.Equal(2, _records.Read().Count);
    }
}
