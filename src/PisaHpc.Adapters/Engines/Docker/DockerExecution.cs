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
    private readonly ContainerOutput _output;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Task _pumping;
    private readonly Task<int> _completion;
    private int _disposed;

    public DockerExecution(
        EngineClient client, string id, UpgradedStream connection, LogFrames frames, ExecutionEnd end, IEnumerable<LogFrame> before)
    {
        (_client, _id, _connection, _end) = (client, id, connection, end);
        Input = new ContainerInput(connection);
        _output = new ContainerOutput(frames, client.Node);
        _pumping = _output.PumpAsync(before, _leaving.Token);
        _completion = CompleteAsync();
    }

    /// <summary>What ends it should this process be killed; null where nothing does.</summary>
    public ExecutionLifeline? Lifeline { get; init; }

    public Stream Input { get; }

    public Stream Output => _output.Output;

    public Stream Error => _output.Error;

    public Task<int> WaitAsync(CancellationToken cancellationToken) => _completion.WaitAsync(cancellationToken);

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
            if (!await HasEndedAsync())
            {
                await _end.EndAsync();
            }
        }
        catch (HpcException failure) when (failure.Id is ErrorId.EngineUnavailable or ErrorId.NodeUnreachable)
        {
            // The engine is gone, and with it the last way to the command.
        }
        finally
        {
            await _output.LeaveAsync();
            await Task.WhenAny(_completion, Task.Delay(Leave));
            await _leaving.CancelAsync();
            await _connection.DisposeAsync();
            await ((Task)_completion).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await (Lifeline?.DisposeAsync() ?? ValueTask.CompletedTask);
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
}
