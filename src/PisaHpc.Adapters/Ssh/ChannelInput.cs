using System.Net.Sockets;
using PisaHpc.Nodes;
using Renci.SshNet.Common;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// A command's standard input on an SSH.NET channel. The library waits for the node to take more until the whole session ends, also when
/// the command has ended meanwhile and nobody ever will; here such a write fails, as it does on a closed pipe. It also sends on when the
/// node has closed the channel, which ends the connection: here the input ends with the command, while its shell still takes the rest
/// (<see cref="RemoteCommand.DrainInputLine"/>).
/// </summary>
internal sealed class ChannelInput : UnseekableStream
{
    /// <summary>What OpenSSH takes in one message (channels.h, CHAN_SES_PACKET_DEFAULT).</summary>
    private const int MessageBytes = 32 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private readonly Stream _inner;
    private readonly Task? _ended;
    private readonly Task _closed;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _isOver;

    /// <summary>Takes over the library's stream.</summary>
    /// <param name="inner">The library's stream.</param>
    /// <param name="ended">The command's end, while its shell holds the channel open; null when nobody tells of it.</param>
    /// <param name="closed">The channel's end, however it comes.</param>
    public ChannelInput(Stream inner, Task? ended, Task closed)
    {
        (_inner, _ended, _closed) = (inner, ended, closed);
        _ended?.ContinueWith(_ => CloseAsync(Timeout.InfiniteTimeSpan), TaskScheduler.Default);
    }

    public override bool CanWrite => true;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var message = buffer[..Math.Min(buffer.Length, MessageBytes)];
            await InTurnAsync(() => _inner.WriteAsync(message, cancellationToken).AsTask(), cancellationToken);
            buffer = buffer[message.Length..];
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        InTurnAsync(() => _inner.FlushAsync(cancellationToken), cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync(Patience);
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ = CloseAsync(Patience);
        }

        base.Dispose(disposing);
    }

    private async Task InTurnAsync(Func<Task> send, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_isOver || _ended?.IsCompleted == true || _closed.IsCompleted)
            {
                throw Ended();
            }

            var sending = send();
            if (await Task.WhenAny(sending, _closed) != sending && !sending.IsCompleted)
            {
                throw Ended();
            }

            await sending;
        }
        catch (Exception exception) when (exception is SshException or SocketException or ObjectDisposedException)
        {
            // What a stream throws whose other end is gone. The library disposes of its own when the connection breaks.
            throw new IOException(exception.Message, exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static IOException Ended() => new("The command on the node ended before it took all of its input.");

    /// <summary>Sends the end behind the last message. A message that the node does not take has no end behind it.</summary>
    private async Task CloseAsync(TimeSpan limit)
    {
        _isOver = true;
        if (!await _turn.WaitAsync(limit))
        {
            return;
        }

        try
        {
            _inner.Dispose();
        }
        catch (Exception exception) when (exception is SshException or SocketException or InvalidOperationException)
        {
            // The channel is gone, and the command's input with it.
        }
        finally
        {
            _turn.Release();
        }
    }
}
