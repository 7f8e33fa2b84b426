using PisaHpc.Nodes;

namespace PisaHpc.Images.Import;

/// <summary>
/// A stream that stops waiting for another one when it is cancelled. Consoles, pipes and files of .NET look at the token before a read and
/// not while the kernel keeps them waiting; such a read is left alone with a buffer that nobody looks at any more.
/// </summary>
/// <param name="source">Where bytes come from; it stays its owner's.</param>
internal sealed class CancellableReadStream(Stream source) : UnseekableStream
{
    private byte[] _buffer = [];

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_buffer.Length < buffer.Length)
        {
            _buffer = new byte[buffer.Length];
        }

        var own = _buffer.AsMemory(0, buffer.Length);
        var count = await Task.Run(() => source.ReadAsync(own, cancellationToken).AsTask(), cancellationToken).WaitAsync(cancellationToken);
        own[..count].CopyTo(buffer);
        return count;
    }
}
