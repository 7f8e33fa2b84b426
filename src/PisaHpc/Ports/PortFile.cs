using System.Text;
using Microsoft.Win32.SafeHandles;
using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>
/// The open file of one port. Whoever changes the port's names or record holds its lock; whoever only looks does not. It is opened by the
/// port's own name, never by a job's link: NFS keeps an open name that is unlinked under another (.nfs…), and the port would look held.
/// </summary>
internal sealed class PortFile : IDisposable
{
    /// <summary>How much of a file is read: the record of a job on tens of thousands of nodes is shorter.</summary>
    private const int MaxRecord = 1 << 20;

    /// <summary>How much a record may grow when another host's name and process come into it.</summary>
    private const int Spare = 1 << 12;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);
    private readonly SafeFileHandle _handle;

    private PortFile(SafeFileHandle handle, string name, int port)
    {
        _handle = handle;
        Name = name;
        Port = port;
    }

    /// <summary>The file's path.</summary>
    public string Name { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Opens a port's file.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="port">Its port.</param>
    /// <param name="writable">Whether it will be locked and written.</param>
    /// <returns>Null when the area has no such port.</returns>
    public static PortFile? Open(string name, int port, bool writable = true) =>
        LinuxFile.Open(name, writable) is { } handle ? new PortFile(handle, name, port) : null;

    /// <summary>Takes the lock.</summary>
    /// <returns>False when another process has it.</returns>
    public bool TryLock() => LinuxFile.TryLock(_handle, Name);

    /// <summary>Takes the lock, waiting for a process that has it.</summary>
    /// <param name="patience">How long.</param>
    /// <returns>False when the other process has it still.</returns>
    public bool TryLock(TimeSpan patience, CancellationToken stop)
    {
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        for (var pause = FirstPause; !TryLock(); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            if (Environment.TickCount64 > deadline)
            {
                return false;
            }

            stop.WaitHandle.WaitOne(pause);
            stop.ThrowIfCancellationRequested();
        }

        return true;
    }

    /// <summary>Whether another process has the lock. It is asked in a way in which those who ask are not in each other's way.</summary>
    public bool IsLocked() => !LinuxFile.TryShare(_handle, Name);

    /// <summary>What the port's own name stands for now; null when somebody removed it.</summary>
    public FileStatus? Status() => LinuxFile.Status(Name);

    /// <summary>The record in the file; null when it holds none.</summary>
    public LeaseRecord? Record() => LeaseRecord.Parse(Content());

    /// <summary>
    /// The line below the record: what whoever started the job noted of it. Null when there is none, or it was not written to its end.
    /// </summary>
    public string? Note()
    {
        ReadOnlySpan<byte> content = Content();
        var start = content.IndexOf((byte)'\n') + 1;
        var length = content[start..].IndexOf((byte)'\n');
        return start > 0 && length > 0 ? Encoding.UTF8.GetString(content.Slice(start, length)) : null;
    }

    /// <summary>Whether a record and its note are read whole again, whoever takes the lock and writes his name into the record.</summary>
    public static bool CanHold(LeaseRecord record, string note) =>
        record.ToLine().Length + Encoding.UTF8.GetByteCount(note) + 1 <= MaxRecord - Spare;

    /// <summary>Writes the record over the one that is there.</summary>
    /// <param name="durable">Whether it must survive a power cut from now on.</param>
    /// <param name="note">The line below it; null for none.</param>
    public void Write(LeaseRecord record, bool durable, string? note)
    {
        byte[] line = note is null ? record.ToLine() : [.. record.ToLine(), .. Encoding.UTF8.GetBytes(note), (byte)'\n'];
        RandomAccess.Write(_handle, line, 0);
        RandomAccess.SetLength(_handle, line.Length);
        if (durable)
        {
            RandomAccess.FlushToDisk(_handle);
        }
    }

    /// <summary>Empties the file, unless it has come to speak of another job.</summary>
    /// <param name="jobId">The job that no longer has the port.</param>
    public void ClearRecordOf(string jobId)
    {
        if (Record()?.JobId == jobId)
        {
            RandomAccess.SetLength(_handle, 0);
        }
    }

    private byte[] Content()
    {
        var content = new byte[Math.Min(RandomAccess.GetLength(_handle), MaxRecord)];
        var length = RandomAccess.Read(_handle, content, 0);
        return content[..length];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_handle.IsClosed)
        {
            LinuxFile.Unlock(_handle);
            _handle.Dispose();
        }
    }
}
