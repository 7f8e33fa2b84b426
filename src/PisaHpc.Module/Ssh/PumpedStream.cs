using System.IO.Pipelines;

namespace PisaHpc.Ssh;

/// <summary>
/// An asynchronous reader over a stream that can only be read by blocking. A thread of its own reads ahead, so that an idle stream holds
/// no thread of the pool.
/// </summary>
internal static class PumpedStream
{
    private const int StackBytes = 256 * 1024;

    /// <summary>Starts reading.</summary>
    /// <param name="source">The blocking stream; the thread ends at its end.</param>
    /// <param name="name">The thread's name.</param>
    public static Stream Over(Stream source, string name)
    {
        // The source holds what arrives in memory already, however much; the pipe adds no second limit.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        new Thread(() => Pump(source, pipe.Writer), StackBytes) { IsBackground = true, Name = name }.Start();
        return pipe.Reader.AsStream();
    }

    private static void Pump(Stream source, PipeWriter writer)
    {
        try
        {
            while (source.Read(writer.GetSpan(4096)) is var count && count > 0)
            {
                writer.Advance(count);

                // Without a threshold the flush never waits; it only wakes the reader.
                _ = writer.FlushAsync().AsTask();
            }

            writer.Complete();
        }
        catch (Exception exception)
        {
            writer.Complete(exception);
        }
    }
}
