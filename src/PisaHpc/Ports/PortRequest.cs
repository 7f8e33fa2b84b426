using PisaHpc.Batch;

namespace PisaHpc.Ports;

/// <summary>What a job asks of a port area.</summary>
public sealed record PortRequest
{
    /// <summary>How long a lease holds when neither the job nor the site says: 7 days, longer than most queues let a job run.</summary>
    public static TimeSpan DefaultTimeToLive { get; } = TimeSpan.FromDays(7);

    /// <summary>The job. It has one port in an area: asking again gives the same.</summary>
    public required string JobId { get; init; }

    /// <summary>The login name of the job's owner.</summary>
    public required string Owner { get; init; }

    /// <summary>The host that asks.</summary>
    public string Host { get; init; } = Environment.MachineName;

    /// <summary>The batch system that runs the job; a lease of <see cref="Scheduler.Manual"/> ends by time alone.</summary>
    public Scheduler Scheduler { get; init; } = Scheduler.Manual;

    /// <summary>The batch system's own name of its cluster; null when it was not told.</summary>
    public string? Cluster { get; init; }

    /// <summary>The job's nodes as <see cref="SlotMap"/> writes them; null when they are not known.</summary>
    public string? Nodes { get; init; }

    /// <summary>How long the lease holds; at least a second, at most ten years.</summary>
    public TimeSpan TimeToLive { get; init; } = DefaultTimeToLive;

    /// <summary>
    /// Whether a lease that the job has already is made to hold that long from now on; without it, only one that has expired.
    /// </summary>
    public bool Prolong { get; init; }

    /// <summary>Ports that something listens on, on the job's nodes. Those of this host are found without asking.</summary>
    public IReadOnlySet<int> Busy { get; init; } = new HashSet<int>();

    /// <summary>The port that a plan named: it is the job's if it is free still. Null where nobody planned.</summary>
    internal int? Planned { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>.</exception>
    internal void Validate()
    {
        if (Owner.Length == 0 || Owner.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter)))
        {
            throw new HpcException(ErrorId.InvalidValue, $"The owner of job {JobId}, {Quote.Of(Owner)}, is not a login name.", JobId);
        }

        if (TimeToLive < TimeSpan.FromSeconds(1) || TimeToLive > TimeSpan.FromDays(3650))
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"A time to live of {TimeToLive} is out of range: expected 1 second to 3650 days.",
                TimeToLive,
                "Write it as [days.]hours:minutes:seconds, for example 7.00:00:00; a bare number counts ticks of 100 ns.");
        }
    }
}
