using System.Formats.Tar;
using PisaHpc.Nodes;

namespace PisaHpc.Images.Import;

/// <summary>
/// Passes a tar on as it is and counts its members by the way. System.Formats.Tar does the counting; it gives up on some archives that an
/// engine reads (binary attributes in extended headers), and then the rest goes on uncounted.
/// </summary>
internal sealed class TarPassage
{
    private const string SparseMark = "GNU.sparse.";
    private const int MarkBytes = 2 * 512;
    private long _members;
    private long _zeros;
    private bool _uncounted;

    /// <summary>The members seen; null once they cannot be counted.</summary>
    public long? Members => Volatile.Read(ref _uncounted) ? null : Interlocked.Read(ref _members);

    /// <summary>
    /// Whether what was passed on ended as an archive does: with the mark after its last member or, where members cannot be counted, with
    /// as many zeros as the mark has (tar(5)).
    /// </summary>
    public bool HasEnd { get; private set; }

    /// <summary>Passes it on to its end.</summary>
    /// <param name="path">The archive's path, for messages.</param>
    /// <param name="target">Where it goes.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageSourceInvalid"/>: it has sparse members.</exception>
    public async Task RunAsync(string path, Stream tar, Stream target, CancellationToken cancellationToken)
    {
        await using var forwarded = new ObservedStream(tar, ForwardAsync);
        await using var counted = await PeekedStream.OverAsync(forwarded, cancellationToken);
        await CountAsync(path, counted.Whole, cancellationToken);
        await counted.Whole.CopyToAsync(Stream.Null, cancellationToken);
        HasEnd |= _uncounted && _zeros >= MarkBytes;

        ValueTask ForwardAsync(ReadOnlyMemory<byte> bytes)
        {
            var last = bytes.Span.LastIndexOfAnyExcept((byte)0);
            _zeros = last < 0 ? _zeros + bytes.Length : bytes.Length - last - 1;
            return target.WriteAsync(bytes, cancellationToken);
        }
    }

    private async Task CountAsync(string path, Stream forwarded, CancellationToken cancellationToken)
    {
        var isOver = false;
        Exception? broken = null;
        await using var watched = new ObservedStream(forwarded, Watch, exception => broken = exception);
        await using var reader = new TarReader(watched, leaveOpen: true);
        try
        {
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } member)
            {
                if (member is PaxTarEntry pax
                    && pax.ExtendedAttributes.Keys.Any(key => key.StartsWith(SparseMark, StringComparison.Ordinal)))
                {
                    throw Sparse(path, pax.ExtendedAttributes.GetValueOrDefault(SparseMark + "name", member.Name));
                }

                Interlocked.Increment(ref _members);
            }

            HasEnd = !isOver;
        }
        catch (NotSupportedException exception) when (exception.Message.Contains(nameof(TarEntryType.SparseFile), StringComparison.Ordinal))
        {
            throw Sparse(path, "a member");
        }
        catch (Exception exception) when (exception != broken && exception is not (OperationCanceledException or HpcException))
        {
            // Not this reader's kind of archive, whatever it throws (an owner above 2^31 is an OverflowException). Whether it is the
            // engine's, the engine says.
            Volatile.Write(ref _uncounted, true);
        }

        ValueTask Watch(ReadOnlyMemory<byte> read)
        {
            isOver = read.IsEmpty;
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>
    /// An engine refuses the older form and takes the newer, but can never push what it made of it (moby, vbatts/tar-split).
    /// </summary>
    private static HpcException Sparse(string path, string member) => new(
        ErrorId.ImageSourceInvalid,
        $"The tar {path} was written with --sparse ({member}): an engine cannot push an image of it.",
        path,
        "Write it without --sparse, or unpack it and import the tree.");
}

/// <summary>A stream whose every read is seen by somebody else before the reader has it.</summary>
/// <param name="source">Where bytes come from; it stays its owner's.</param>
/// <param name="seen">Sees each read; nothing at the end.</param>
/// <param name="failed">Told of a read's failure, and gives the one that it stands for or the same.</param>
internal sealed class ObservedStream(
    Stream source, Func<ReadOnlyMemory<byte>, ValueTask> seen, Func<Exception, Exception>? failed = null) : UnseekableStream
{
    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await source.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (failed is not null)
        {
            var meant = failed(exception);
            if (meant == exception)
            {
                throw;
            }

            throw meant;
        }

        await seen(buffer[..count]);
        return count;
    }
}
