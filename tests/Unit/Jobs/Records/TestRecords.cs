using PisaHpc.Jobs.Records;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Jobs.Records;

/// <summary>A directory of records of its own for one test.</summary>
internal sealed class TestRecords : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pisahpc-records-").FullName;

    /// <summary>What was warned of.</summary>
    public List<string> Warnings { get; } = [];

    public RecordsDefinition Definition => new(Path, TimeSpan.FromDays(30));

    public JobRecorder Recorder => new(new RecordDirectory(Definition), new RecordAuthor("root", "o2wn01", "a-test"), Warnings.Add);

    /// <summary>The names of all that lies there, hidden files too.</summary>
    public IReadOnlyList<string> Files =>
        [.. Directory.EnumerateFileSystemEntries(Path).Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static HpcEndedJob Job(string id = "42", string run = "0a1b2c3d", string ended = "2026-11-29T08:15:30Z") => new()
    {
        JobId = id,
        Run = run,
        Owner = "hpcuser",
        Environment = "debian12",
        Image = "registry.lab:5000/pisa/hpc:deb12",
        Nodes = [new HpcEndedJobNode { Name = "o2wn01", Slots = 32 }, new HpcEndedJobNode { Name = "o2wn02", Slots = 24 }],
        EndedAt = DateTimeOffset.Parse(ended, System.Globalization.CultureInfo.InvariantCulture),
        Reason = nameof(EndReason.Finished),
        Message = "its script ended with code 0",
        ExitCode = 0,
    };

    public RecordDirectory DirectoryAt(TimeProvider? clock = null) => new(Definition) { Clock = clock ?? TimeProvider.System };

    /// <summary>All records, as they are read; what is passed over is a warning.</summary>
    public IReadOnlyList<HpcEndedJob> Read(EndedJobFilter? filter = null, PisaHpc.Ports.PortArea? ports = null) =>
        [.. new EndedJobReader(Definition, ports, Warnings.Add).Read(filter ?? new EndedJobFilter())];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
