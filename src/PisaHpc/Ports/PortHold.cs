namespace PisaHpc.Ports;

/// <summary>
/// A job's lease with the lock of its port. While it is held nobody else starts, stops or reclaims the job; the kernel lets it go when the
/// process dies, whatever its children do: the file is closed in them.
/// </summary>
public sealed class PortHold : IDisposable
{
    private readonly PortFile _file;
    private readonly PortRelease _releases;

    internal PortHold(PortFile file, JobPort lease, bool isNew, PortRelease releases)
    {
        _file = file;
        _releases = releases;
        Lease = lease;
        IsNew = isNew;
    }

    /// <summary>The lease.</summary>
    public JobPort Lease { get; }

    /// <summary>Whether the job had no lease before; of one that had, something may be running.</summary>
    public bool IsNew { get; }

    /// <summary>
    /// What whoever started the job noted of it, in a line below the lease's record, for whoever stops it: readers of the record do not see
    /// it. It goes with the lease. Null when there is none.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read or written, or cannot hold so much: then the former note stays.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read or written.</exception>
    internal string? Note
    {
        get => _file.Note();
        set
        {
            if (_file.Record() is { } record && record.JobId == Lease.JobId)
            {
                if (value is not null && !PortFile.CanHold(record, value))
                {
                    throw new IOException($"a port's file does not hold so long a note, of {Plural.Of(value.Length, "character")}");
                }

                _file.Write(record, durable: false, value);
            }
        }
    }

    /// <summary>Takes the lease back.</summary>
    public ReleasedPort Release() => _releases.Release(Lease.JobId, _file);

    /// <summary>Lets the lock go; the lease stays, if it was not released.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Writes down who has the lock, for whoever waits for it.</summary>
    internal void Sign()
    {
        if (_file.Record() is { } record && record.JobId == Lease.JobId)
        {
            _file.Write(record with { Host = Environment.MachineName, Pid = Environment.ProcessId }, durable: false, _file.Note());
        }
    }
}
