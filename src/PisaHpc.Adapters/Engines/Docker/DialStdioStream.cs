using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// A byte stream to a node's engine through a command on that node: the agent's program, or <c>docker system dial-stdio</c>. When the other
/// side ends it before a byte came, reading and writing fail with the command's words on standard error.
/// </summary>
internal sealed class DialStdioStream : UnseekableStream
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);
    private static readonly NodeScript Dial = NodeScript.Of("Engines/Docker/dial-engine.sh", typeof(DialStdioStream).Assembly);
    private readonly INodeConnection _connection;
    private readonly INodeProcess _process;
    private readonly Lazy<Task> _end;
    private readonly Lazy<Task<HpcException?>> _failure;
    private bool _answered;

    private DialStdioStream(INodeConnection connection, INodeProcess process)
    {
        _connection = connection;
        _process = process;
        _end = new Lazy<Task>(() => _process.DisposeAsync().AsTask());
        _failure = new Lazy<Task<HpcException?>>(FailureAsync);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Starts the command on a node.</summary>
    /// <param name="connection">The node.</param>
    /// <param name="socket">The engine's socket there.</param>
    /// <param name="program">The directory that the agent's program has on nodes; null for none.</param>
    public static async Task<Stream> OpenAsync(
        INodeConnection connection, string socket, string? program, CancellationToken cancellationToken) =>
        new DialStdioStream(connection, await connection.StartAsync(Dial.Command(socket, program ?? ""), cancellationToken));

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

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _process.Input.WriteAsync(buffer, cancellationToken);
            await _process.Input.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            await ExplainEndAsync();
            throw;
        }
    }

    /// <summary>Ends what is written: the command hands that on to the engine, and goes on until the engine has said all.</summary>
    public ValueTask EndWritingAsync() => _process.Input.DisposeAsync();

    public override async ValueTask DisposeAsync()
    {
        await _end.Value;
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        // The HTTP handler closes its connections synchronously; the command's end is seen to behind its back.
        if (disposing)
        {
            _ = _end.Value;
        }

        base.Dispose(disposing);
    }

    private async Task ExplainEndAsync()
    {
        if (await _failure.Value is { } failure && !_answered)
        {
            throw failure;
        }
    }

    /// <summary>What the command failed with; null when it did not, or has not ended yet.</summary>
    private async Task<HpcException?> FailureAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(LastWords);
            if (await _process.WaitAsync(limit.Token) is var exitCode and not 0)
            {
                using var reader = new StreamReader(_process.Error);
                return EngineFailure.Unavailable(_connection.Node, exitCode, (await reader.ReadToEndAsync(limit.Token)).Trim());
            }
        }
        catch (OperationCanceledException)
        {
            // It goes on without its input or output.
        }

        return null;
    }
}
