using PisaHpc.Jobs.Records;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>A reader shows what it can, whoever wrote into the directory, and says what it passed over.</summary>
public sealed class EndedJobReaderTests : IDisposable
{
    private readonly TestRecords _records = new();

    public void Dispose() => _records.Dispose();

    [Fact]
    public void The_latest_end_comes_first_and_a_requeued_jobs_runs_are_two()
    {
        Write(TestRecords.Job("1", "00000001", "2026-11-29T08:00:00Z"));
        Write(TestRecords.Job("2", "00000002", "2026-11-29T10:00:00Z"));
        Write(TestRecords.Job("1", "00000003", "2026-11-29T09:00:00Z") with { RestartCount = 1 });
        Assert.Equal([("2", "00000002"), ("1", "00000003"), ("1", "00000001")], _records.Read().Select(job => (job.JobId, job.Run)));
    }

    [Fact]
    public void Jobs_are_chosen_by_id_by_end_and_by_reason()
    {
        Write(TestRecords.Job("1234[5]", "00000001", "2026-11-29T08:00:00Z"));
        Write(TestRecords.Job("1234.5", "00000002", "2026-11-29T09:00:00Z") with { Reason = nameof(EndReason.OutOfMemory) });
        Write(TestRecords.Job("77", "00000003", "2026-11-29T10:00:00Z"));

        Assert.Equal(["1234[5]"], Ids(new EndedJobFilter { JobIds = ["1234[5]"], JobId = id => id == "1234[5]" }));
        Assert.Equal(["77", "1234.5"], Ids(new EndedJobFilter { Since = DateTimeOffset.Parse("2026-11-29T09:00:00Z", null) }));
        Assert.Equal(["1234.5"], Ids(new EndedJobFilter { Reasons = [EndReason.OutOfMemory, EndReason.TimeLimit] }));
        Assert.Equal(["1234.5", "1234[5]"], Ids(new EndedJobFilter { JobId = id => id.StartsWith("12", StringComparison.Ordinal) }));
    }

    [Fact]
    public void Files_of_others_are_no_records_and_half_a_file_is_said()
    {
        Write(TestRecords.Job());
        var whole = File.ReadAllText(Path.Combine(_records.Path, "20261129T081530Z_42_0a1b2c3d.json"));
        var half = Put("20261129T080000Z_43_0a1b2c3d.json", whole[..(whole.Length / 2)]);
        var foreign = Put("20261129T080001Z_44_0a1b2c3d.json", """{ "name": "somebody else's" }""");
        var nothing = Put("20261129T080002Z_45_0a1b2c3d.json", "null");
        Put("README", "not ours");

        Assert.Equal(["42"], _records.Read().Select(job => job.JobId));
        Assert.Equal([nothing, foreign, half], _records.Warnings.Select(warning => warning.Split(' ')[0]));
    }

    [Fact]
    public void A_newer_versions_record_is_shown_as_far_as_it_is_known_and_that_is_said_once()
    {
        foreach (var i in Enumerable.Range(0, 3))
        {
            Put($"20261129T08000{i}Z_4{i}_0a1b2c3d.json", $$"""
                {
                  "schema": 2, "jobId": "4{{i}}", "run": "0a1b2c3d", "owner": "hpcuser", "environment": "cs9", "image": "x", "mood": { "good": [1] },
                  "nodes": [ { "name": "o2wn01", "rack": 7 } ], "endedAt": "2026-11-29T08:00:00Z", "reason": "Teleported", "message": "gone"
                }
                """);
        }

        Assert.Equal(["Teleported"], _records.Read().Select(job => job.Reason).Distinct());
        Assert.Contains(
            "was written by a newer version (schema 2; this one knows 1)", Assert.Single(_records.Warnings), StringComparison.Ordinal);
        Assert.Empty(Ids(new EndedJobFilter { Reasons = [EndReason.Finished] }));
    }

    /// <summary>Whatever becomes of a file's bytes, reading goes on: the others are shown.</summary>
    [Fact]
    public void No_damage_to_a_file_ends_the_reading()
    {
        Write(TestRecords.Job("41", "00000001", "2026-11-29T07:00:00Z"));
        Write(TestRecords.Job());
        var file = Path.Combine(_records.Path, "20261129T081530Z_42_0a1b2c3d.json");
        var sound = File.ReadAllBytes(file);
        var random = new Random(20261129);
        for (var round = 0; round < 2000; round++)
        {
            var damaged = sound.AsSpan(0, random.Next(2) == 0 ? sound.Length : random.Next(sound.Length + 1)).ToArray();
            for (var changes = random.Next(4); changes > 0 && damaged.Length > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(file, damaged);
            Assert.Contains(_records.Read(), job => job.JobId == "41");
        }
    }

    [Fact]
    public void A_directory_that_is_not_there_is_an_error_that_names_it()
    {
        var gone = new EndedJobReader(_records.Definition with { Directory = _records.Path + "/gone" }, null, _ => { });
        var failure = Assert.Throws<HpcException>(() => gone.Read(new EndedJobFilter()).ToList());
        Assert.Equal((ErrorId.RecordsMissing, _records.Path + "/gone"), (failure.Id, failure.Target));
    }

    private IEnumerable<string> Ids(EndedJobFilter filter) => _records.Read(filter).Select(job => job.JobId);

    private void Write(HpcEndedJob job) => _records.DirectoryAt().Write(job);

    private string Put(string name, string text)
    {
        var path = Path.Combine(_records.Path, name);
        File.WriteAllText(path, text);
        return path;
    }
}
