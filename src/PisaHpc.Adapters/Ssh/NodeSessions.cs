using PisaHpc.Tracing;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// The sessions of one node: places for running commands on its open connections. One connection serves all callers; more are opened only
/// when its places have been taken for a while, as by followed logs, so that a short command never waits for a long one.
/// </summary>
internal sealed class NodeSessions : IAsyncDisposable
{
    private const int MaxConnections = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly string _node;
    private readonly Func<CancellationToken, Task<INodeTransport>> _open;
    private readonly TimeSpan _idleTimeout;
    private readonly Timer _idle;
    private readonly List<SharedConnection> _connections = [];
    private readonly CancellationTokenSource _closing = new();
    private Task? _opening;
    private TaskCompletionSource _freed = NewSignal();

    /// <summary>Makes the sessions of a node; nothing is opened yet.</summary>
    /// <param name="open">Opens a connection.</param>
    /// <param name="idleTimeout">How long connections without a session stay open.</param>
    public NodeSessions(string node, Func<CancellationToken, Task<INodeTransport>> open, TimeSpan idleTimeout)
    {
        _node = node;
        _open = open;
        _idleTimeout = idleTimeout;
        using (ExecutionContext.SuppressFlow())
        {
            // The clock is every caller's: it stays in no activity of whoever came first.
            _idle = new Timer(_ => _ = CloseIdleAsync());
        }
    }

    /// <summary>How many connections are open.</summary>
    public int OpenConnections
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count(connection => connection.Transport.IsOpen);
            }
        }
    }

    /// <summary>Opens a connection if none is open.</summary>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        lock (_lock)
        {
            Forget();
            return _connections.Count > 0 ? Task.CompletedTask : (_opening ??= AddAsync()).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Starts a command; disposing the session gives its place back.</summary>
    /// <exception cref="HpcException">The ids of a connection.</exception>
    public async Task<INodeSession> StartAsync(RemoteCommand command, CancellationToken cancellationToken)
    {
        var starting = StartOnAnyAsync(command, cancellationToken);
        try
        {
            return await starting.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It may have been sent: then it runs, and is ended as soon as it can be.
            await Task.WhenAny(EndAsync(starting), Task.Delay(Patience, CancellationToken.None));
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _idle.DisposeAsync();
        List<SharedConnection> all;
        lock (_lock)
        {
            all = [.. _connections];
            _connections.Clear();
        }

        foreach (var connection in all)
        {
            await connection.Transport.DisposeAsync();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<INodeSession> StartOnAnyAsync(RemoteCommand command, CancellationToken cancellationToken)
    {
        while (true)
        {
            var place = await TakeAsync(cancellationToken);
            try
            {
                return new PooledSession(await place.Connection.Transport.StartAsync(command), place);
            }
            catch (SessionRefusedException refusal)
            {
                if (!place.Refused())
                {
                    throw ConnectionFailure.Broken(_node, refusal);
                }
            }
            catch
            {
                place.Dispose();
                throw;
            }
        }
    }

    private async Task EndAsync(Task<INodeSession> starting)
    {
        try
        {
            await using var session = await starting;
            await new RunningCommand(_node, this, session).EndAsync();
        }
        catch (Exception exception) when (exception is HpcException or OperationCanceledException)
        {
            // It was not started, or the node cannot be asked any more.
        }
    }

    private async Task<SessionSlot> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            Task freed;
            Task? opening = null;
            lock (_lock)
            {
                Forget();
                if (_connections.Find(connection => connection.Used < connection.Places) is { } free)
                {
                    _idle.Change(Timeout.Infinite, Timeout.Infinite);
                    return new SessionSlot(free, _lock, Release);
                }

                freed = _freed.Task;
                if (_connections.Count == 0)
                {
                    opening = _opening ??= AddAsync();
                }
            }

            if (opening is not null)
            {
                await opening.WaitAsync(cancellationToken);
            }
            else
            {
                await WaitOrGrowAsync(freed, cancellationToken);
            }
        }
    }

    private async Task WaitOrGrowAsync(Task freed, CancellationToken cancellationToken)
    {
        try
        {
            await freed.WaitAsync(Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            var opening = freed;
            lock (_lock)
            {
                if (_connections.Count < MaxConnections)
                {
                    opening = _opening ??= AddAsync();
                }
            }

            // Whichever comes first; a connection that cannot be added is no reason to fail, since the others serve.
            await Task.WhenAny(opening, freed).WaitAsync(cancellationToken);
        }
    }

    /// <summary>One attempt, shared by all who wait for it; it is not kept when it fails, and goes on when one of them gives up.</summary>
    private Task AddAsync() => Detached.RunAsync(async () =>
    {
        try
        {
            var transport = await _open(_closing.Token);
            lock (_lock)
            {
                if (!_closing.IsCancellationRequested)
                {
                    _connections.Add(new SharedConnection(transport));
                    ArmIdle();
                    return;
                }
            }

            await transport.DisposeAsync();
        }
        finally
        {
            lock (_lock)
            {
                _opening = null;
            }
        }
    });

    /// <summary>Drops connections that broke.</summary>
    private void Forget()
    {
        foreach (var broken in _connections.Where(connection => !connection.Transport.IsOpen).ToList())
        {
            _connections.Remove(broken);
            _ = broken.Transport.DisposeAsync().AsTask();
        }
    }

    private void Release(SharedConnection connection)
    {
        lock (_lock)
        {
            connection.Used--;
            Signal();
            ArmIdle();
        }
    }

    private void Signal()
    {
        var signal = _freed;
        _freed = NewSignal();
        signal.SetResult();
    }

    private void ArmIdle()
    {
        if (!_closing.IsCancellationRequested && _connections.All(connection => connection.Used == 0))
        {
            _idle.Change(_idleTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Closes the connections that nothing runs on.</summary>
    public async Task CloseIdleAsync()
    {
        List<SharedConnection> unused;
        lock (_lock)
        {
            unused = _connections.Where(connection => connection.Used == 0).ToList();
            _connections.RemoveAll(unused.Contains);
        }

        foreach (var connection in unused)
        {
            await connection.Transport.DisposeAsync();
        }
    }
}
