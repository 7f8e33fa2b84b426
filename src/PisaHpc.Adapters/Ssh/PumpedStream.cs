using System.Buffers;
using System.IO.Pipelines;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// An asynchronous reader over a stream that can only be read by blocking. A thread of its own reads ahead, so that an idle stream holds
/// no thread of the pool.
/// </summary>
internal static class PumpedStream
{
    private const int StackBytes = 256 * 1024;
    private const int ReadBytes = 16 * 1024;

    /// <summary>Starts reading.</summary>
    /// <param name="source">The blocking stream; the thread ends at its end.</param>
    /// <param name="name">The thread's name.</param>
    /// <param name="mark">What ends the stream before its own end; null for nothing.</param>
    public static Stream Over(Stream source, string name, CommandEndSentinel? mark = null)
    {
        // The source holds what arrives in memory already, however much; the pipe adds no second limit.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        // Whoever reads first lends it nothing of his context: an engine's stream is read by many, one after another.
        new Thread(() => Pump(source, pipe.Writer, mark), StackBytes) { IsBackground = true, Name = name }.UnsafeStart();
        return pipe.Reader.AsStream();
    }

    private static void Pump(Stream source, PipeWriter writer, CommandEndSentinel? mark)
    {
        try
        {
            Copy(source, writer, mark);
            writer.Complete();
        }
        catch (Exception exception)
        {
            writer.Complete(exception);
        }
    }

    private static void Copy(Stream source, PipeWriter writer, CommandEndSentinel? mark)
    {
        var buffer = new byte[ReadBytes];
        var kept = 0;
        while (mark?.Seen.IsCompleted != true && source.Read(buffer, kept, buffer.Length - kept) is var count and > 0)
        {
            var arrived = buffer.AsSpan(0, kept + count);
            var own = mark?.Split(arrived) ?? arrived.Length;
            Hand(writer, arrived[..own]);
            arrived[own..].CopyTo(buffer);
            kept = arrived.Length - own;
        }

        if (mark?.Seen.IsCompleted != true)
        {
            Hand(writer, buffer.AsSpan(0, kept));
        }
    }

    private static void Hand(PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes);

        // Without a threshold the flush never waits; it only wakes the reader.
        _ = writer.FlushAsync().AsTask();
    }
}
