using PisaHpc.Adapters.Ssh;

namespace PisaHpc.Unit.Ssh;

/// <summary>A connection to a node in memory, which runs as many sessions as it allows.</summary>
internal sealed class FakeTransport : INodeTransport
{
    private int _running;

    public bool IsOpen { get; set; } = true;

    public int MaxSessions { get; init; } = 10;

    public int Allowed { get; init; } = 10;

    /// <summary>Until when a refusal is on its way.</summary>
    public Task Refusing { get; init; } = Task.CompletedTask;

    public Action OnDispose { get; init; } = () => { };

    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task<INodeSession> StartAsync(RemoteCommand command)
    {
        if (_running >= Allowed)
        {
            await Refusing;
            throw new SessionRefusedException("too many", new IOException());
        }

        _running++;
        return new FakeSession(this);
    }

    public ValueTask DisposeAsync()
    {
        IsOpen = false;
        OnDispose();
        Closed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    private sealed class FakeSession(FakeTransport transport) : INodeSession
    {
        public Stream Input => Stream.Null;

        public Stream Output => Stream.Null;

        public Stream Error => Stream.Null;

        public Task<int> Completion => Task.FromResult(0);

        public Task<int?> ProcessIdAsync() => Task.FromResult<int?>(null);

        public Task<SessionOutput> ReadToEndAsync() => Task.FromResult(new SessionOutput(0, default, default, HasHead: true));

        public ValueTask DisposeAsync()
        {
            transport._running--;
            return ValueTask.CompletedTask;
        }
    }
}
