using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>A command that runs in a container.</summary>
internal sealed class DockerExecution : IExecution
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Leave = TimeSpan.FromMilliseconds(500);

    private readonly EngineClient _client;
    private readonly string _id;
    private readonly UpgradedStream _connection;
    private readonly ExecutionEnd _end;
    private readonly ExecutionLifeline? _lifeline;
    private readonly ContainerOutput _output;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Task _pumping;
    private readonly Task<int> _completion;
    private readonly Task<int> _watched;
    private int _disposed;

    /// <param name="lifeline">What ends it should this process be killed; null where nothing does.</param>
    /// <param name="before">What it wrote before its streams were its own.</param>
    public DockerExecution(
        EngineClient client,
        string id,
        UpgradedStream connection,
        LogFrames frames,
        ExecutionEnd end,
        ExecutionLifeline? lifeline,
        IEnumerable<LogFrame> before)
    {
        (_client, _id, _connection, _end, _lifeline) = (client, id, connection, end, lifeline);
        Input = new ContainerInput(connection);
        _output = new ContainerOutput(frames, client.Node);
        _pumping = _output.PumpAsync(before, _leaving.Token);
        _completion = CompleteAsync();
        _watched = lifeline is null ? _completion : WatchAsync(lifeline);
    }

    public Stream Input { get; }

    public Stream Output => _output.Output;

    public Stream Error => _output.Error;

    public Task<int> WaitAsync(CancellationToken cancellationToken) => _watched.WaitAsync(cancellationToken);

    public async Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken)
    {
        var wanted = new ContainerResizeParameters { Width = size.Columns, Height = size.Rows };
        try
        {
            await _client.AskAsync(
                () => _client.Requests.Exec.ResizeExecTtyAsync(_id, wanted, cancellationToken), cancellationToken);
        }
        catch (HpcException failure) when (
            failure.Id is not (ErrorId.EngineUnavailable or ErrorId.EngineTimeout or ErrorId.NodeUnreachable))
        {
            if (await _end.FindAsync() is { Running: true })
            {
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            if ((await HasEndedAsync() || await _end.EndAsync()) && _lifeline is not null)
            {
                await _lifeline.ReleaseAsync();
            }
        }
        catch (HpcException failure) when (failure.Id is ErrorId.EngineUnavailable or ErrorId.NodeUnreachable)
        {
            // The engine is gone, and with it the last way to the command but the life line's own end.
        }
        finally
        {
            await _output.LeaveAsync();
            await Task.WhenAny(_completion, Task.Delay(Leave));
            await _leaving.CancelAsync();
            await _connection.DisposeAsync();
            await ((Task)_completion).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)_watched).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await (_lifeline?.DisposeAsync() ?? ValueTask.CompletedTask);
            _leaving.Dispose();
        }
    }

    /// <summary>Whether it ended by itself; one whose outputs have ended is about to.</summary>
    private async Task<bool> HasEndedAsync()
    {
        if (_pumping.IsCompleted)
        {
            await Task.WhenAny(_completion, Task.Delay(Leave));
        }

        return _completion.IsCompletedSuccessfully;
    }

    /// <summary>
    /// The exit code. The engine has no request that waits for it: the outputs' end tells it, unless the command closed them itself, or a
    /// moment before the engine knows it.
    /// </summary>
    private async Task<int> CompleteAsync()
    {
        await _pumping;
        for (var pause = TimeSpan.FromMilliseconds(10); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var state = await _end.FindAsync() ?? throw new HpcException(
                ErrorId.ContainerNotFound, $"The container on {_client.Node} was removed while a command ran in it.", _client.Node);
            if (!state.Running && state.ExitCode is { } code)
            {
                return (int)code;
            }

            await Task.Delay(pause, _leaving.Token);
        }
    }

    /// <summary>The exit code, as long as somebody watches the command: one that nobody does is ended.</summary>
    private async Task<int> WatchAsync(ExecutionLifeline lifeline)
    {
        await Task.WhenAny(_completion, lifeline.Ended);
        if (_disposed == 0)
        {
            // With a container, or a connection, both go: then the command's own end says why.
            await Task.WhenAny(_completion, Task.Delay(LongestPause));
        }

        if (_completion.IsCompleted || _disposed != 0 || await _end.FindAsync() is not { Running: true })
        {
            return await _completion;
        }

        await _end.EndAsync();
        throw new HpcException(
            ErrorId.NodeCommandFailed,
            $"The process that watches over a command in a container on {_client.Node} ended before it, and the command was ended.",
            _client.Node,
            "Run it again. Somebody may have killed all processes of this user there, or the container's memory came to its end.");
    }
}
