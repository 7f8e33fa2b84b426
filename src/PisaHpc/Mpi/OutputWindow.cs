using System.IO.Pipelines;
using PisaHpc.Nodes;

namespace PisaHpc.Mpi;

/// <summary>
/// How much of a run's output waits in the caller. A connection takes all that a node sends (SSH.NET widens a channel's window with every
/// message), and a pipeline may take less: so output is read as it comes and counted, and the supervisor is told to hold what follows on
/// the node's disk while too much waits. It is told by words on its standard input, the life line.
/// </summary>
/// <param name="tell">Sends the supervisor a word, which may come too late.</param>
internal sealed class OutputWindow(Func<ReadOnlyMemory<byte>, Task> tell)
{
    /// <summary>How many bytes may wait before the supervisor is told to hold, and again after each as many more.</summary>
    public const int Most = 6 << 20;

    /// <summary>With how few it is told to go on: what the pipeline has to do until more comes, a tenth of a second's work of it.</summary>
    public const int Least = 3 << 20;

    // A word may take its time, and be said again. Where a connection does not take all by itself, this is the end of it.
    private const int Limit = 4 * Most;
    private const int SmallestRead = 4096;
    private static readonly byte[] Hold = "hold\n"u8.ToArray();
    private static readonly byte[] Go = "go\n"u8.ToArray();
    private readonly Lock _lock = new();
    private long _waiting;
    private long _mark = Most;
    private Task _told = Task.CompletedTask;

    /// <summary>Reads ahead of who reads the stream that it gives; disposing that ends it.</summary>
    /// <param name="source">The run's standard output or standard error.</param>
    public Stream Over(Stream source)
    {
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: Limit,
            resumeWriterThreshold: Most,
            minimumSegmentSize: RankText.Block,
            useSynchronizationContext: false));
        return new CountedStream(pipe.Reader.AsStream(), FillAsync(source, pipe.Writer), Taken);
    }

    /// <summary>Completes when the supervisor has been told all until now.</summary>
    public Task ToldAsync()
    {
        lock (_lock)
        {
            return _told;
        }
    }

    private async Task FillAsync(Stream source, PipeWriter writer)
    {
        try
        {
            // What is left of a block is filled first: reads are smaller, and what waits takes as much memory as it has bytes.
            while (await source.ReadAsync(writer.GetMemory(SmallestRead)) is var count and > 0)
            {
                Arrived(count);
                writer.Advance(count);
                if ((await writer.FlushAsync()).IsCompleted)
                {
                    break;
                }
            }
        }
        finally
        {
            await writer.CompleteAsync();
        }
    }

    private void Arrived(int count)
    {
        lock (_lock)
        {
            _waiting += count;
            if (_waiting >= _mark)
            {
                _mark = _waiting + Most;
                _told = TellAsync(_told, Hold);
            }
        }
    }

    private void Taken(int count)
    {
        lock (_lock)
        {
            _waiting -= count;
            if (_mark > Most && _waiting <= Least)
            {
                _mark = Most;
                _told = TellAsync(_told, Go);
            }
        }
    }

    private async Task TellAsync(Task before, byte[] word)
    {
        // Nobody who reads waits for that.
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await tell(word);
    }

    /// <summary>The stream for who reads: how its source ended is heard behind all that came of it.</summary>
    private sealed class CountedStream(Stream inner, Task filling, Action<int> taken) : UnseekableStream
    {
        public override bool CanRead => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            taken(count);
            if (count == 0 && !buffer.IsEmpty)
            {
                await filling;
            }

            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
