using System.IO.Pipelines;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// The two outputs of a container's process, taken out of the one stream in which the engine sends them. As with a process's own pipes, one
/// that nobody reads holds the process when it is full. What a reader has left is dropped.
/// </summary>
internal sealed class ContainerOutput(LogFrames frames, string node)
{
    private readonly Pipe _output = new(new PipeOptions(useSynchronizationContext: false));
    private readonly Pipe _error = new(new PipeOptions(useSynchronizationContext: false));

    public Stream Output => field ??= _output.Reader.AsStream();

    public Stream Error => field ??= _error.Reader.AsStream();

    /// <summary>
    /// Passes on what comes, after what came before, to the end of both; what ends it too early is thrown to the readers too.
    /// </summary>
    /// <exception cref="HpcException">The connection broke, or the engine went.</exception>
    public async Task PumpAsync(IEnumerable<LogFrame> before, CancellationToken cancellationToken)
    {
        HpcException? failure = null;
        try
        {
            foreach (var frame in before)
            {
                await PassOnAsync(frame, cancellationToken);
            }

            while (await frames.NextAsync(cancellationToken) is { } frame)
            {
                await PassOnAsync(frame, cancellationToken);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failure = EngineFailure.Of(exception, node);
            throw failure;
        }
        finally
        {
            await _output.Writer.CompleteAsync(failure);
            await _error.Writer.CompleteAsync(failure);
        }
    }

    /// <summary>Nobody reads any more.</summary>
    public async ValueTask LeaveAsync()
    {
        await _output.Reader.CompleteAsync();
        await _error.Reader.CompleteAsync();
    }

    private async ValueTask PassOnAsync(LogFrame frame, CancellationToken cancellationToken) =>
        await (frame.Stream == "stderr" ? _error : _output).Writer.WriteAsync(frame.Bytes, cancellationToken);
}

/// <summary>The writing half of a connection to a container's process; disposing of it is end of file.</summary>
internal sealed class ContainerInput(UpgradedStream connection) : UnseekableStream
{
    private int _ended;

    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _ended == 0
        ? connection.WriteAsync(buffer, cancellationToken)
        : throw new ObjectDisposedException(nameof(ContainerInput));

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            await connection.EndWritingAsync();
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _ = connection.EndWritingAsync().AsTask();
        }

        base.Dispose(disposing);
    }
}
