namespace PisaHpc.Adapters.Ssh;

/// <summary>A command on a node that can be ended through a second session.</summary>
internal sealed class RunningCommand(string node, NodeSessions sessions, INodeSession session)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(5);

    /// <summary>Ends the command on the node if it still runs: TERM, two seconds, KILL; returns when it has ended.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeUnreachable"/>, or <see cref="ErrorId.NodeCommandFailed"/> when it could not be ended within ten seconds.
    /// </exception>
    public async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await EndAsync(limit);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"A command on {node} was to be ended and may still run there: {exception.Message}",
                node,
                innerException: exception);
        }
    }

    private async Task EndAsync(CancellationTokenSource limit)
    {
        if (await session.ProcessIdAsync().WaitAsync(Limit) is not { } processId || session.Completion.IsCompleted)
        {
            return;
        }

        await using var killer = await sessions.StartAsync(RemoteCommand.Ending(processId), limit.Token);
        await Task.WhenAny(session.Completion, Task.Delay(Grace, limit.Token));
        await killer.Input.WriteAsync(RemoteCommand.Go, limit.Token);
        await killer.Input.DisposeAsync();
        await killer.Completion.WaitAsync(Limit);
        await Task.WhenAny(session.Completion, Task.Delay(KillGrace, limit.Token));
        if (!session.Completion.IsCompleted)
        {
            throw new TimeoutException("no signal reaches it in the kernel, or it has left its session.");
        }
    }
}
