using System.Text.Json;
using System.Text.Json.Serialization;
using PisaHpc.Batch;

namespace PisaHpc.Ports;

/// <summary>How far a claim has come. The words are of one length: a claim that becomes a grant overwrites itself in place.</summary>
internal enum ClaimState
{
    /// <summary>Written before the job's link is made: with the link in place, the claimer has yet to see that it is alone.</summary>
    Claimed,

    /// <summary>The claimer saw that no other link is there: the port is the job's.</summary>
    Granted,
}

/// <summary>
/// What a port's file says of its lease: one line of JSON. It means something only while the link of the job that it names stands beside
/// it; in a free port it is a left-over.
/// </summary>
internal sealed record LeaseRecord
{
    /// <summary>How far the claim has come.</summary>
    public required ClaimState State { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The job's owner.</summary>
    public required string Owner { get; init; }

    /// <summary>The host that took the lease, or that started or stopped the job since.</summary>
    public required string Host { get; init; }

    /// <summary>The process that did, on that host: for whoever waits for it, or looks into the file.</summary>
    public required int Pid { get; init; }

    /// <summary>When it was taken, in whole seconds: every record of a lease has the same length.</summary>
    public required DateTimeOffset LeasedAt { get; init; }

    /// <summary>When it may be reclaimed, in whole seconds.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The batch system to ask whether the job is alive.</summary>
    public required Scheduler Scheduler { get; init; }

    /// <summary>The batch system's own name of its cluster; null when it was not told.</summary>
    public string? Cluster { get; init; }

    /// <summary>
    /// The job's nodes. Last, since they may be long: what changes in place is in the first page, which no kill can tear.
    /// </summary>
    public string? Nodes { get; init; }

    /// <summary>The record of a new lease.</summary>
    public static LeaseRecord Of(PortRequest request, int port, ClaimState state, DateTimeOffset now) => new()
    {
        State = state,
        Port = port,
        JobId = request.JobId,
        Owner = request.Owner,
        Host = request.Host,
        Pid = Environment.ProcessId,
        LeasedAt = WholeSeconds(now),
        ExpiresAt = WholeSeconds(now + request.TimeToLive),
        Scheduler = request.Scheduler,
        Cluster = request.Cluster,
        Nodes = request.Nodes,
    };

    /// <summary>
    /// The record after its job asked again: with a new end if its time ran out or it is prolonged, and never an earlier one; and with the
    /// nodes that a requeued job now has.
    /// </summary>
    public LeaseRecord Renewed(PortRequest request, DateTimeOffset now)
    {
        var end = WholeSeconds(now + request.TimeToLive);
        return this with
        {
            ExpiresAt = end > ExpiresAt && (request.Prolong || now >= ExpiresAt) ? end : ExpiresAt,
            Cluster = request.Cluster ?? Cluster,
            Nodes = request.Nodes is null ? Nodes : WithEarlier(request.Nodes),
        };
    }

    /// <summary>
    /// A requeued job's nodes, then those that it had before, without slots: something may be left there until a stop has gone to all of
    /// them and the lease ends.
    /// </summary>
    private string WithEarlier(string nodes)
    {
        var now = SlotMap.NodesIn(nodes).Select(node => node.Name).ToHashSet();
        var earlier = SlotMap.NodesIn(Nodes ?? "").Where(node => !now.Contains(node.Name)).Select(node => node with { Slots = 0 });
        return $"{nodes} {SlotMap.Format(earlier)}".TrimEnd();
    }

    /// <summary>The lease as others see it.</summary>
    public JobPort ToJobPort(string area, LeaseState state, bool changed = false) => new()
    {
        Port = Port,
        JobId = JobId,
        Owner = Owner,
        Host = Host,
        LeasedAt = LeasedAt,
        ExpiresAt = ExpiresAt,
        State = state.ToString(),
        NodeSlots = Nodes,
        Scheduler = Scheduler.ToString(),
        Cluster = Cluster,
        Path = area,
        Changed = changed,
    };

    /// <summary>The line that a port's file holds.</summary>
    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, LeaseRecordJson.Default.LeaseRecord), (byte)'\n'];

    /// <summary>Reads the line.</summary>
    /// <param name="content">What the port's file holds.</param>
    /// <returns>
    /// Null when it holds no record: an empty file, the line of a write that was cut short before its link was made, or what somebody else
    /// wrote there.
    /// </returns>
    public static LeaseRecord? Parse(ReadOnlySpan<byte> content)
    {
        var end = content.IndexOf((byte)'\n');
        if (end <= 0)
        {
            return null;
        }

        try
        {
            var record = JsonSerializer.Deserialize(content[..end], LeaseRecordJson.Default.LeaseRecord);
            return JobIds.IsValid(record?.JobId) ? record : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}

/// <summary>The record's JSON, compiled: a batch hook has no time to reflect.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LeaseRecord))]
internal sealed partial class LeaseRecordJson : JsonSerializerContext;
