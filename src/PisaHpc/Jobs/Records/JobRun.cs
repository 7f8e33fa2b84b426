using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Records;

/// <summary>
/// What is known of a run of a job from its start: noted with its lease, so that whoever stops it, on whatever host, has it all; and in the
/// labels of its containers, but for the times.
/// </summary>
internal sealed record JobRun
{
    /// <summary>The attempt, on all of the run's containers.</summary>
    public required string Id { get; init; }

    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The batch system's name for its cluster; null when it names none.</summary>
    public string? Cluster { get; init; }

    /// <summary>How often the job had been started anew; null when the batch system does not say.</summary>
    public int? RestartCount { get; init; }

    /// <summary>The batch system's word.</summary>
    public string? Scheduler { get; init; }

    /// <summary>The queue.</summary>
    public string? Queue { get; init; }

    /// <summary>The owner's login name.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The environment.</summary>
    public string Environment { get; init; } = "";

    /// <summary>The image's reference, without its digest.</summary>
    public string Image { get; init; } = "";

    /// <summary>The digest.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>The port.</summary>
    public int Port { get; init; }

    /// <summary>The nodes with their slots, as <see cref="SlotMap"/> writes them.</summary>
    public string Nodes { get; init; } = "";

    /// <summary>When the start began; where its containers alone tell of it, when the latest of them was made.</summary>
    public DateTimeOffset? BegunAt { get; init; }

    /// <summary>When it ran on all nodes; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>What it went without, each in a line.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>How long the phases of the start took.</summary>
    public IReadOnlyList<PhaseTime> Phases { get; init; } = [];

    /// <summary>The phases of the start, of the slowest nodes, each with when it began.</summary>
    public IReadOnlyList<RecordedPhase> Trace { get; init; } = [];

    /// <summary>The program that started it, as people know it; null where nobody wrote that down.</summary>
    public string? StartedBy { get; init; }

    /// <summary>What was found on nodes of it that were cleaned before the others.</summary>
    public IReadOnlyList<HpcEndedJobNode> Cleaned { get; init; } = [];

    /// <summary>When its end was written down; null when it was not.</summary>
    public DateTimeOffset? RecordedAt { get; init; }

    /// <summary>The run that a request asks for, before anything is known of it.</summary>
    public static JobRun Of(JobRequest request, DateTimeOffset begunAt)
    {
        var allocation = request.Allocation;
        return new JobRun
        {
            Id = request.Containers.Attempt,
            JobId = allocation.JobId,
            Cluster = allocation.Cluster,
            RestartCount = allocation.RestartCount,
            Scheduler = allocation.Scheduler,
            Queue = allocation.Queue,
            Owner = allocation.Owner.Name,
            Environment = request.Environment.Name,
            Image = ImageReference.TryParse(request.Environment.Image)?.WithoutDigest().ToString() ?? request.Environment.Image,
            ImageDigest = ImageReference.TryParse(request.Environment.Image)?.Digest,
            Nodes = SlotMap.Format(allocation.Nodes),
            BegunAt = begunAt,
        };
    }

    /// <summary>
    /// The run that a container is of, as its labels tell; null for labels that name no job or no attempt. Its start had begun when the
    /// container was made; whether the job ever ran on all nodes one container does not tell.
    /// </summary>
    public static JobRun? Of(EngineContainer container)
    {
        var labels = container.Labels;
        var view = ContainerLabels.ToHpcContainer("", container);
        var attempt = labels.GetValueOrDefault(ContainerLabels.Attempt);
        return view.JobId is null || !RecordName.IsRun(attempt) ? null : new JobRun
        {
            Id = attempt,
            JobId = view.JobId,
            Cluster = labels.GetValueOrDefault(ContainerLabels.Cluster),
            RestartCount = int.TryParse(
                labels.GetValueOrDefault(ContainerLabels.Restarts), NumberStyles.None, CultureInfo.InvariantCulture, out var restarts)
                ? restarts
                : null,
            Scheduler = labels.GetValueOrDefault(ContainerLabels.Scheduler),
            Queue = labels.GetValueOrDefault(ContainerLabels.Queue),
            Owner = view.Owner,
            Environment = view.Environment,
            Image = view.Image,
            ImageDigest = view.ImageDigest,
            Port = view.Port,
            Nodes = labels.GetValueOrDefault(ContainerLabels.Nodes, ""),
            BegunAt = container.CreatedAt,
        };
    }

    /// <summary>Reads a note.</summary>
    /// <returns>Null when there is none, or it is no note of this kind.</returns>
    public static JobRun? Parse(string? note)
    {
        try
        {
            var run = note is null ? null : JsonSerializer.Deserialize(note, JobRunJson.Default.JobRun);
            return RecordName.IsRun(run?.Id) ? run : null;
        }
        catch (JsonException)
        {
            // Another version's, or a line that somebody else left there: it says nothing.
            return null;
        }
    }

    /// <summary>The note, a line of JSON.</summary>
    public string ToNote() => JsonSerializer.Serialize(this, JobRunJson.Default.JobRun);
}

/// <summary>The note's JSON, compiled: a batch hook has no time to reflect.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(JobRun))]
internal sealed partial class JobRunJson : JsonSerializerContext;
