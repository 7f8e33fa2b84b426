namespace PisaHpc.Adapters.Ssh;

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
