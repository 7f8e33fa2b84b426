using System.Text.Json;
using System.Text.Json.Serialization;

namespace PisaHpc.Access.Ssh;

/// <summary>What a job's directory says of itself, without secrets: enough to make the job's <see cref="JobSshConfig"/> again.</summary>
internal sealed record JobSshRecord
{
    /// <summary>The file's name.</summary>
    public const string FileName = "job.json";

    /// <summary>The version of this form.</summary>
    public int Schema { get; init; } = 1;

    public required string JobId { get; init; }

    public required int Port { get; init; }

    public required string User { get; init; }

    public required IReadOnlyList<string> Nodes { get; init; }

    public required string KeyFingerprint { get; init; }

    public required string HostKeyFingerprint { get; init; }

    public bool HostBased { get; init; }

    public static JobSshRecord Of(JobSshRequest request) => new()
    {
        JobId = request.Allocation.JobId,
        Port = request.Port,
        User = request.Allocation.Owner.Name,
        Nodes = [.. request.Allocation.Nodes.Select(node => node.Name)],
        KeyFingerprint = request.Keys.User.Fingerprint,
        HostKeyFingerprint = request.Keys.Host.Fingerprint,
        HostBased = request.HostBased,
    };

    public string ToJson() => JsonSerializer.Serialize(this, JobSshRecordJson.Default.JobSshRecord) + "\n";

    /// <summary>Reads a record; the job's user may write to the directory, so that anything can stand there.</summary>
    /// <returns>The record; null when the text is none.</returns>
    public static JobSshRecord? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, JobSshRecordJson.Default.JobSshRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public JobSshConfig ToConfig(string directory, bool changed) => new()
    {
        JobId = JobId,
        Port = Port,
        User = User,
        Nodes = Nodes,
        Directory = directory,
        KeyFingerprint = KeyFingerprint,
        HostKeyFingerprint = HostKeyFingerprint,
        HostBased = HostBased,
        Changed = changed,
    };
}

/// <summary>The record's form, known when it is compiled.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JobSshRecord))]
internal sealed partial class JobSshRecordJson : JsonSerializerContext;
