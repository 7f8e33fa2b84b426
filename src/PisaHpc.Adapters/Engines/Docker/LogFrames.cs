using System.Buffers.Binary;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// Takes the engine's log stream apart (Docker Engine API, "Stream format"): eight bytes, the first of which is the stream and the last
/// four of which are the length, then the piece. A container with a terminal has no such headers.
/// </summary>
internal sealed class LogFrames(Stream source, bool multiplexed) : IAsyncDisposable
{
    private const int LongestFrame = 64 * 1024 * 1024;
    private readonly byte[] _header = new byte[8];

    /// <summary>Whether the pieces are those that the engine wrote.</summary>
    public bool Multiplexed => multiplexed;

    /// <summary>The next piece; null at the end.</summary>
    public Task<LogFrame?> NextAsync(CancellationToken cancellationToken) =>
        multiplexed ? NextFrameAsync(cancellationToken) : NextPieceAsync(cancellationToken);

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task<LogFrame?> NextFrameAsync(CancellationToken cancellationToken)
    {
        var count = await source.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken);
        if (count < _header.Length)
        {
            return count == 0 ? null : throw new EndOfStreamException("The engine's log stream ended within a frame's header.");
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(4));
        if (_header[0] > 2 || length is < 0 or > LongestFrame)
        {
            throw new InvalidDataException($"The engine's log stream is not well formed: stream {_header[0]}, length {length}.");
        }

        var bytes = new byte[length];
        await source.ReadExactlyAsync(bytes, cancellationToken);
        return new LogFrame(_header[0] == 2 ? "stderr" : "stdout", bytes);
    }

    private async Task<LogFrame?> NextPieceAsync(CancellationToken cancellationToken)
    {
        var bytes = new byte[16 * 1024];
        var length = await source.ReadAsync(bytes, cancellationToken);
        return length == 0 ? null : new LogFrame("stdout", bytes.AsMemory(0, length));
    }
}

/// <summary>A piece of a log as the engine sent it: one write of the container, or part of one.</summary>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record LogFrame(string Stream, ReadOnlyMemory<byte> Bytes);
