using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace PisaHpc.Images.Import;

/// <summary>Carries bytes from one stream to another in a buffer's worth of memory.</summary>
internal static partial class StreamCopy
{
    private const int BufferBytes = 512 * 1024;

    /// <summary>
    /// F_SETPIPE_SZ of fcntl(2): Linux gives a pipe 64 kB, which are many turns between two processes for a few gigabytes.
    /// </summary>
    private const int SetPipeSize = 1031;

    /// <summary>Copies to the end.</summary>
    /// <param name="source">Where bytes come from; a program's pipe is widened.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="copied">Told of all bytes copied so far.</param>
    public static async Task RunAsync(Stream source, Stream target, Action<long> copied, CancellationToken cancellationToken)
    {
        Widen(source);
        var buffer = new byte[BufferBytes];
        var total = 0L;
        while (await source.ReadAsync(buffer, cancellationToken) is var count && count > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            total += count;
            copied(total);
        }
    }

    /// <summary>Gives a program's pipe room for more between two turns; a kernel that refuses leaves it as it is.</summary>
    /// <param name="source">The stream; one that is no pipe stays what it is.</param>
    public static void Widen(Stream source)
    {
        if (OperatingSystem.IsLinux() && source is PipeStream pipe)
        {
            _ = Control(pipe.SafePipeHandle, SetPipeSize, 2 * BufferBytes);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeHandle handle, int command, int size);
}
