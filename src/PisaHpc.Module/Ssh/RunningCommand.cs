namespace PisaHpc.Ssh;

/// <summary>A command on a node that can be ended through a second session.</summary>
internal sealed class RunningCommand(NodeSessions sessions, INodeSession session)
{
    private const int LongestHead = 1 << 20;
    private static readonly TimeSpan HeadLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);
    private int? _processId;

    /// <summary>Reads the command's first line and leaves what follows it.</summary>
    public async Task ReadHeadAsync(CancellationToken cancellationToken)
    {
        var seen = new MemoryStream();
        var one = new byte[1];
        while (seen.Length < LongestHead && await session.Output.ReadAsync(one, cancellationToken) > 0)
        {
            seen.WriteByte(one[0]);
            if (one[0] == (byte)'\n' && RemoteCommand.TryReadHead(seen.GetBuffer().AsSpan(0, (int)seen.Length), out var processId, out _))
            {
                _processId = processId;
                return;
            }
        }
    }

    /// <summary>Ends the command on the node if it still runs, and waits until it has ended.</summary>
    public async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(HeadLimit);
        if (_processId is null)
        {
            await ReadHeadAsync(limit.Token);
        }

        if (_processId is { } processId && !session.Completion.IsCompleted)
        {
            using var end = new CancellationTokenSource(EndLimit);
            await using var killer = await sessions.StartAsync(RemoteCommand.End(processId), end.Token);
            await killer.Completion.WaitAsync(end.Token);
        }
    }
}
