using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PisaHpc.Batch;
using PisaHpc.Engines;

namespace PisaHpc.Containers.Placed;

/// <summary>
/// A job that is placed into a container of a node, as root has written it down there (<see cref="PlacedJobs"/>); no user of a container
/// can write that.
/// </summary>
internal sealed record PlacedJob
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The container's full id.</summary>
    public required string Container { get; init; }

    /// <summary>The job's directory.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether its agent was seen to listen, and runs.</summary>
    public required bool HasAgent { get; init; }

    /// <summary>Whether its agent was never seen: it is being started, or whoever started it was killed.</summary>
    public required bool IsPending { get; init; }

    /// <summary>Whether any process of the job's runs, or may begin to.</summary>
    public required bool IsThere { get; init; }

    /// <summary>What was written down, told from what is written down for another run: an inode (inode(7)).</summary>
    public required string Identity { get; init; }

    /// <summary>When it was.</summary>
    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>The image of the container.</summary>
    public required string Image { get; init; }

    /// <summary>What the labels of a container of the job's own would say, and the static environment's name.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>
    /// The job as its containers are seen: one of the static environment's name, which runs as long as the job's agent does. It carries
    /// labels of both (<see cref="IsPlaced"/>), which no container does that an engine has.
    /// </summary>
    public EngineContainer ToContainer() => new()
    {
        Id = Container,
        Name = ContainerNames.OfStatic(Labels[ContainerLabels.Static]),
        Image = Image,
        State = HasAgent ? ContainerState.Running : IsPending ? ContainerState.Created : ContainerState.Exited,
        CreatedAt = WrittenAt,
        Labels = Labels,
    };

    /// <summary>Whether what looks like a job's container is a job in a static environment's, which is not the job's to stop.</summary>
    public static bool IsPlaced(EngineContainer container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container.Labels.ContainsKey(ContainerLabels.Static) && container.Labels.ContainsKey(ContainerLabels.Job);
    }

    /// <summary>Reads the two lines of a job; null for what this version did not write.</summary>
    public static PlacedJob? Parse(string facts, string said)
    {
        if (facts.Split(' ') is not [var name, var identity, var seconds, var container, _, var directory, var agent, var left]
            || !long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            || PlacedRecord.Parse(said) is not { } record
            || !record.Labels.TryGetValue(ContainerLabels.Job, out var jobId) || !JobIds.IsValid(jobId) || JobIds.FileName(jobId) != name
            || !record.Labels.ContainsKey(ContainerLabels.Static))
        {
            return null;
        }

        return new PlacedJob
        {
            JobId = jobId,
            Container = container,
            Directory = directory,
            HasAgent = agent == "alive",
            IsPending = agent == "pending",
            IsThere = agent is "alive" or "pending" || left == "yes",
            Identity = identity,
            WrittenAt = DateTimeOffset.FromUnixTimeSeconds(time),
            Image = record.Image,
            Labels = record.Labels,
        };
    }
}

/// <summary>What is written down of a placed job beside what scripts read.</summary>
/// <param name="Image">The image of the container.</param>
/// <param name="Labels">What labels would say.</param>
internal sealed record PlacedRecord(string Image, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>One line: JSON writes a line feed as two other characters.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, PlacedRecordJson.Default.PlacedRecord);

    /// <summary>Reads it; null for what is none.</summary>
    public static PlacedRecord? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, PlacedRecordJson.Default.PlacedRecord) is { Image: not null, Labels: not null } record
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The record's form, known when it is compiled.</summary>
[JsonSerializable(typeof(PlacedRecord))]
internal sealed partial class PlacedRecordJson : JsonSerializerContext;
