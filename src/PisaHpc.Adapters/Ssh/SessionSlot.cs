namespace PisaHpc.Adapters.Ssh;

/// <summary>A connection that callers share; read and changed under the lock of its node's sessions.</summary>
internal sealed class SharedConnection(INodeTransport transport)
{
    public INodeTransport Transport { get; } = transport;

    public int Places { get; set; } = transport.MaxSessions;

    public int Used { get; set; }
}

/// <summary>One place on a connection.</summary>
internal sealed class SessionSlot : IDisposable
{
    private readonly Lock _lock;
    private readonly Action<SharedConnection> _release;
    private readonly bool _isOnlyOne;
    private int _returned;

    /// <summary>Takes a place, under the lock.</summary>
    /// <param name="guard">The lock.</param>
    /// <param name="release">Gives it back.</param>
    public SessionSlot(SharedConnection connection, Lock guard, Action<SharedConnection> release)
    {
        (Connection, _lock, _release) = (connection, guard, release);
        connection.Used++;
        _isOnlyOne = connection.Used == 1;
    }

    /// <summary>The connection.</summary>
    public SharedConnection Connection { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _returned, 1) == 0)
        {
            _release(Connection);
        }
    }

    /// <summary>The node allows fewer sessions than were believed: what is used now, without this one, is all there is.</summary>
    /// <returns>
    /// Whether to ask again: there were others when this one was asked for. They may have ended since, while the refusal was on its way.
    /// </returns>
    public bool Refused()
    {
        lock (_lock)
        {
            Connection.Places = Math.Max(1, Connection.Used - 1);
            Dispose();
            return !_isOnlyOne;
        }
    }
}

/// <summary>A session that gives its place on a connection back when it is disposed of.</summary>
internal sealed class PooledSession(INodeSession session, IDisposable place) : INodeSession
{
    public Stream Input => session.Input;

    public Stream Output => session.Output;

    public Stream Error => session.Error;

    public Task<int> Completion => session.Completion;

    public Task<int?> ProcessIdAsync() => session.ProcessIdAsync();

    public Task<SessionOutput> ReadToEndAsync() => session.ReadToEndAsync();

    public async ValueTask DisposeAsync()
    {
        try
        {
            await session.DisposeAsync();
        }
        finally
        {
            place.Dispose();
        }
    }
}
