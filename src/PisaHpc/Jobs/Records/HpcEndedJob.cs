using System.Text.Json.Serialization;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Records;

/// <summary>
/// How a run of a job ended, and the evidence: what is written down when its containers go, and the file's content at the same time. A job
/// that is requeued has a record for each of its runs.
/// </summary>
public sealed record HpcEndedJob
{
    /// <summary>The version of the file's form that this version writes. A member never changes its meaning.</summary>
    internal const int CurrentSchema = 1;

    /// <summary>The version of the file's form.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>Which attempt at starting the job: no two starts have the same.</summary>
    public required string Run { get; init; }

    /// <summary>The batch system's name for its cluster; null when it named none.</summary>
    public string? Cluster { get; init; }

    /// <summary>How often the batch system had started the job anew; null when it did not say.</summary>
    public int? RestartCount { get; init; }

    /// <summary>The batch system: the word, one of <see cref="Batch.Scheduler"/>; null when it is not known.</summary>
    public string? Scheduler { get; init; }

    /// <summary>The queue; null when there was none.</summary>
    public string? Queue { get; init; }

    /// <summary>The login name of the owner.</summary>
    public required string Owner { get; init; }

    /// <summary>The environment.</summary>
    public required string Environment { get; init; }

    /// <summary>The image's reference, as people know it.</summary>
    public required string Image { get; init; }

    /// <summary>The registry's digest by which the image was chosen; null when it was chosen by its name, or not yet.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>The job's port; 0 when it got none.</summary>
    public int Port { get; init; }

    /// <summary>The nodes in the allocation's order, then those on which something was found; each with its evidence.</summary>
    public required IReadOnlyList<HpcEndedJobNode> Nodes { get => Readable.Words(field); init; }

    /// <summary>The nodes as a host list.</summary>
    [JsonIgnore]
    public string NodeList => HostList.FoldFound(Nodes.Select(node => node.Name));

    /// <summary>The slots of all nodes together.</summary>
    [JsonIgnore]
    public int TotalSlots => Nodes.Sum(node => node.Slots);

    /// <summary>
    /// When its start began, in UTC; where nothing but its containers told of it, when one of them was made. Null when nobody knows.
    /// </summary>
    public DateTimeOffset? BegunAt { get; init; }

    /// <summary>When it ran on all nodes, in UTC; null when it never did, and when nobody knows any more.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was ended, or found dead, in UTC.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>How long it took, in seconds, from when it ran, or from when its start began; null when neither is known.</summary>
    [JsonIgnore]
    public double? TookSec =>
        (StartedAt ?? BegunAt) is { } began ? Math.Max(0, Math.Round((EndedAt - began).TotalSeconds, 3)) : null;

    /// <summary>Why it ended: the word, one of <see cref="EndReason"/>.</summary>
    public required string Reason { get; init; }

    /// <summary>The reason with its evidence, in a line.</summary>
    public required string Message { get; init; }

    /// <summary>The <see cref="Errors.ErrorId"/> of a start that failed; null where the start did not fail.</summary>
    public string? ErrorId { get; init; }

    /// <summary>The exit code of the job's script, else of a container that had ended by itself; null when nobody told.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended either; null for none, and when nobody told.</summary>
    public int? Signal { get; init; }

    /// <summary>The batch system's own word for the job's state; null when it told none.</summary>
    public string? BatchState { get; init; }

    /// <summary>Why the batch system has the job in that state, in its own words; null for none.</summary>
    public string? BatchReason { get; init; }

    /// <summary>The account that stopped it, or whose start of it failed.</summary>
    public string EndedByUser { get; init; } = "";

    /// <summary>The host from which it did.</summary>
    public string EndedByHost { get; init; } = "";

    /// <summary>The program that did.</summary>
    public string EndedByProgram { get; init; } = "";

    /// <summary>What it went without, each in a line: that no limit of its memory was known.</summary>
    public IReadOnlyList<string> Remarks { get => Readable.Lines(field); init; } = [];

    /// <summary>How long the phases of its start and its stop took.</summary>
    public IReadOnlyList<PhaseTime> Phases { get => Readable.Lines(field); init; } = [];

    /// <summary>
    /// The phases of its start, of the slowest nodes, each with when it began, for <see cref="StartTrace"/>; null where nobody wrote any.
    /// </summary>
    [JsonInclude]
    internal IReadOnlyList<RecordedPhase>? Trace { get; init; }

    /// <summary>The program that started it; null where nobody wrote that down.</summary>
    [JsonInclude]
    internal string? StartedBy { get; init; }

    /// <summary>The file.</summary>
    [JsonIgnore]
    public string Path { get; init; } = "";

    /// <summary>The job, and why it ended.</summary>
    public override string ToString() => $"job {JobId}: {Reason}: {Message}";
}

/// <summary>A node of a job that has ended, and what was found there.</summary>
public sealed record HpcEndedJobNode
{
    /// <summary>The node.</summary>
    public required string Name { get; init; }

    /// <summary>The slots there; 0 on a node that only an earlier attempt of the job had.</summary>
    public int Slots { get; init; }

    /// <summary>The container's name; null when none was found.</summary>
    public string? Container { get; init; }

    /// <summary>The container's state before it was stopped: one of <see cref="ContainerState"/>; null when none was found.</summary>
    public string? State { get; init; }

    /// <summary>The exit code of a container that had ended by itself; null for one that ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether the kernel killed a process of the container for memory.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>How many of its processes the kernel killed for memory, by its control group; null when that was gone already.</summary>
    public long? OomKills { get; init; }

    /// <summary>
    /// How often the container's own limit was in the way. With kills and without these, the memory of a group above it, or of the node,
    /// ran out. Null when it is not known.
    /// </summary>
    public long? MemoryLimitHits { get; init; }

    /// <summary>The most memory that it used, in bytes; null when it is not known.</summary>
    public long? MemoryPeakBytes { get; init; }

    /// <summary>Its limit of memory in bytes; null for none, and when it is not known.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>The CPU time that it used, in seconds; null when it is not known.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>Its CPU quota in CPUs; null for none, and when it is not known.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>The control group that was read, a directory on the node; null when there was none.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Whose group it is below: the word, one of <see cref="Containers.ContainerPlacement"/>; null when there was none.</summary>
    public string? Placement { get; init; }

    /// <summary>The <see cref="Errors.ErrorId"/> of what failed there; null when nothing did.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What failed there, in a line; null when nothing did.</summary>
    public string? Message { get; init; }

    /// <summary>The node's name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}

/// <summary>The record's JSON, compiled: a batch hook has no time to reflect.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(HpcEndedJob))]
internal sealed partial class EndedJobJson : JsonSerializerContext;
