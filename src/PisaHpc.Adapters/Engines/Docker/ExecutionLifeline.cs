using System.Text;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// Ends a command in a container when this process wants it to, when it is gone, or the way to its node. The engine then ends the command's
/// input and nothing else (moby#9098), and a command need not read that, nor may its input end before its time: so a second command of the
/// same user watches it, and has an input that nobody but its starter holds open. It is there already: to have it end the other takes no
/// further session with the node, and no further process in the container.
/// </summary>
internal sealed class ExecutionLifeline : IAsyncDisposable
{
    private static readonly TimeSpan Leave = TimeSpan.FromMilliseconds(500);

    /// <summary>A command is killed a second after its first signal; a watcher that says nothing so long after it is held up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly EngineClient _client;
    private readonly UpgradedStream _connection;
    private readonly LogFrames _frames;
    private readonly StringBuilder _said = new();
    private readonly CancellationTokenSource _leaving = new();
    private Task _ended = Task.CompletedTask;
    private int _inputEnded;
    private int _disposed;

    private ExecutionLifeline(EngineClient client, UpgradedStream connection)
    {
        (_client, _connection) = (client, connection);
        _frames = new LogFrames(connection, multiplexed: true);
    }

    /// <summary>Ends, and never fails, when nobody watches any more.</summary>
    public Task Ended => _ended;

    /// <summary>Begins to watch, before there is anything to be watched.</summary>
    /// <param name="target">The command that is to be watched.</param>
    public static async Task<ExecutionLifeline> StartAsync(EngineClient client, DockerExecutions executions, ExecutionTarget target)
    {
        var execution = await executions.CreateAsync(
            target.Container, target.Beside(ExecutionScripts.Watch(target.Mark, target.FirstSignal), reads: true));
        var lifeline = new ExecutionLifeline(client, await executions.OpenAsync(execution, terminal: false));
        try
        {
            while (await client.AskAsync(() => lifeline._frames.NextAsync(CancellationToken.None), CancellationToken.None) is { } frame)
            {
                if (lifeline.Hear(frame).EndsWith(ExecutionScripts.Watching, StringComparison.Ordinal))
                {
                    lifeline._ended = lifeline.ListenAsync();
                    return lifeline;
                }
            }

            throw executions.NotRun(target.Request, lifeline._said.ToString());
        }
        catch
        {
            await lifeline.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells it the command's first process, by whose session more is found than by its mark.</summary>
    public Task WatchAsync(ExecutionLeader leader) => _client.AskAsync(
        () => _connection.WriteAsync(Encoding.ASCII.GetBytes(ExecutionScripts.Leads(leader))).AsTask(), CancellationToken.None);

    /// <summary>Has it end the command.</summary>
    /// <returns>What it said of that; null when it said nothing, and nobody knows.</returns>
    public async Task<string?> EndAsync()
    {
        if (await TryEndInputAsync(lastWord: ""))
        {
            await Task.WhenAny(_ended, Task.Delay(Patience));
        }

        if (!_ended.IsCompleted)
        {
            return null;
        }

        var said = _said.ToString();
        said = said[(said.LastIndexOf(ExecutionScripts.Watching, StringComparison.Ordinal) + ExecutionScripts.Watching.Length)..].Trim();
        return said.Length > 0 ? said : null;
    }

    /// <summary>Lets go of the command, of which it is known that it has ended.</summary>
    public async Task ReleaseAsync()
    {
        if (await TryEndInputAsync(ExecutionScripts.Done))
        {
            await Task.WhenAny(_ended, Task.Delay(Leave));
        }
    }

    /// <summary>Leaves: a command that it was not told to let go of is ended by it, if it runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _leaving.CancelAsync();
        await _connection.DisposeAsync();
        await _ended;
        _leaving.Dispose();
    }

    /// <summary>Ends its input, once. Where the way to it is gone it ends by itself.</summary>
    private async Task<bool> TryEndInputAsync(string lastWord)
    {
        if (Interlocked.Exchange(ref _inputEnded, 1) != 0)
        {
            return true;
        }

        try
        {
            await _connection.WriteAsync(Encoding.ASCII.GetBytes(lastWord));
            await _connection.EndWritingAsync();
            return true;
        }
        catch (Exception failure) when (failure is IOException or HpcException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Hears it out. Where something cuts it off, what it said until then is what is known.</summary>
    private async Task ListenAsync() =>
        await HearAllAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task HearAllAsync()
    {
        while (await _frames.NextAsync(_leaving.Token) is { } frame)
        {
            Hear(frame);
        }
    }

    private string Hear(LogFrame frame) => _said.Append(Encoding.UTF8.GetString(frame.Bytes.Span)).ToString();
}
