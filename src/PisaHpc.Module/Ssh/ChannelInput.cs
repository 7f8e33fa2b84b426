using PisaHpc.Nodes;
using Renci.SshNet.Common;

namespace PisaHpc.Ssh;

/// <summary>
/// A command's standard input on an SSH.NET channel. The library waits for the node to take more until the whole session ends, also when
/// the command has ended meanwhile and nobody ever will; here such a write fails, as it does on a closed pipe.
/// </summary>
/// <param name="inner">The library's stream.</param>
/// <param name="ended">The command's end, however it comes.</param>
internal sealed class ChannelInput(Stream inner, Task ended) : UnseekableStream
{
    public override bool CanWrite => true;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var writing = inner.WriteAsync(buffer, cancellationToken).AsTask();
            if (await Task.WhenAny(writing, ended) != writing && !writing.IsCompleted)
            {
                throw new IOException("The command on the node ended before it took all of its input.");
            }

            await writing;
        }
        catch (SshException exception)
        {
            // What a stream throws: an HTTP client sends a request again over another connection for nothing else.
            throw new IOException(exception.Message, exception);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
