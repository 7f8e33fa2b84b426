using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Ssh;

/// <summary>A command that its caller reads from and writes to.</summary>
internal sealed class NodeProcess(INodeSession session, RunningCommand command) : INodeProcess
{
    private static readonly TimeSpan Leave = TimeSpan.FromMilliseconds(500);

    public Stream Input => session.Input;

    public Stream Output => session.Output;

    public Stream Error => session.Error;

    public Task<int> WaitAsync(CancellationToken cancellationToken) => session.Completion.WaitAsync(cancellationToken);

    /// <summary>Most commands end when their input does; the others are ended.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await session.Input.DisposeAsync();
            if (!await HasEndedAsync())
            {
                await command.EndAsync();
            }
        }
        catch (HpcException failure) when (failure.Id == ErrorId.NodeUnreachable)
        {
            // The connection is gone, and with it the last way to the command.
        }
        finally
        {
            await session.DisposeAsync();
        }
    }

    private async Task<bool> HasEndedAsync()
    {
        try
        {
            await session.Completion.WaitAsync(Leave);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
