using PisaHpc.Nodes;

namespace PisaHpc.Docker;

/// <summary>
/// A byte stream to a node's engine through <c>docker system dial-stdio</c> on that node, the way the docker client itself goes over ssh
/// (docker/cli, cli/connhelper). When the other side ends it before a byte came, reading fails with the command's words on standard error.
/// </summary>
internal sealed class DialStdioStream : Stream
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);
    private readonly INodeConnection _connection;
    private readonly INodeProcess _process;
    private bool _answered;
    private bool _ended;

    private DialStdioStream(INodeConnection connection, INodeProcess process)
    {
        _connection = connection;
        _process = process;
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Starts the command on a node.</summary>
    /// <param name="connection">The node; the stream disposes of it.</param>
    /// <param name="socket">The engine's socket there.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<Stream> OpenAsync(INodeConnection connection, string socket, CancellationToken cancellationToken) =>
        new DialStdioStream(
            connection,
            await connection.StartAsync(["docker", "--host", $"unix://{socket}", "system", "dial-stdio"], cancellationToken));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _process.Output.ReadAsync(buffer, cancellationToken);
        if (count == 0 && !buffer.IsEmpty)
        {
            await ExplainEndAsync();
        }

        _answered |= count > 0;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _process.Input.WriteAsync(buffer, cancellationToken);
        await _process.Input.FlushAsync(cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is written asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await EndAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        // The HTTP handler closes its connections synchronously; the command's end is seen to behind its back.
        if (disposing)
        {
            _ = EndAsync();
        }

        base.Dispose(disposing);
    }

    private async Task EndAsync()
    {
        if (Interlocked.Exchange(ref _ended, true))
        {
            return;
        }

        await _process.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task ExplainEndAsync()
    {
        int exitCode;
        try
        {
            using var limit = new CancellationTokenSource(LastWords);
            exitCode = await _process.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (!_answered && exitCode != 0)
        {
            using var reader = new StreamReader(_process.Error);
            throw EngineFailure.Unavailable(_connection.Node, exitCode, (await reader.ReadToEndAsync()).Trim());
        }
    }
}
