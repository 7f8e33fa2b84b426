using System.Diagnostics;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>
/// What keeps work out of a container that is to go: the batch system's jobs off its node, those that are placed into it, and then users
/// out of it.
/// </summary>
internal sealed class NodeDrain : IAsyncDisposable
{
    private readonly BatchNodeDrain? _batch;

    private NodeDrain(BatchNodeDrain? batch, SessionDrain? sessions) => (_batch, Sessions) = (batch, sessions);

    /// <summary>Of a container in which nobody can be.</summary>
    public static NodeDrain None { get; } = new(null, null);

    /// <summary>What keeps users out; let go when the container has stopped.</summary>
    public SessionDrain? Sessions { get; }

    /// <summary>Keeps both out, and waits until neither is there.</summary>
    /// <param name="name">The container's static environment.</param>
    /// <param name="container">The container; it runs.</param>
    /// <param name="batch">Keeps the jobs off; null for nobody to be told.</param>
    /// <param name="placed">Waits for jobs that are placed into it, for as long as it is told.</param>
    /// <param name="timeout">How long to wait for all of them together; zero looks once.</param>
    /// <exception cref="HpcException">
    /// As of <see cref="BatchDrain"/>, <see cref="JobDrain"/> and <see cref="SessionDrain"/>; all are let in again.
    /// </exception>
    public static async Task<NodeDrain> BeginAsync(
        IContainerEngine engine,
        string name,
        EngineContainer container,
        BatchDrain? batch,
        Func<TimeSpan, CancellationToken, Task> placed,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var jobs = batch is null ? null : await batch.BeginAsync(name, engine.Node, timeout, cancellationToken);
        try
        {
            var sessions = await UnderAsync(
                engine.Node,
                jobs,
                async waiting =>
                {
                    await placed(Left(), waiting);
                    return await SessionDrain.BeginAsync(engine, container, Left(), waiting);
                },
                cancellationToken);
            return new NodeDrain(jobs, sessions);
        }
        catch
        {
            await (jobs?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }

        TimeSpan Left() => timeout > clock.Elapsed ? timeout - clock.Elapsed : TimeSpan.Zero;
    }

    /// <summary>Does work for which both are out: it is cancelled when jobs may come, and not begun when users may.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeUnreachable"/>: what kept one of them out has ended; the work's own.
    /// </exception>
    public Task<T> UnderAsync<T>(string node, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        Sessions is { Ended.IsCompleted: true }
            ? throw Lost(node, "users", null)
            : UnderAsync(node, _batch, work, cancellationToken);

    /// <summary>The failure of work that was cancelled since jobs may come.</summary>
    public static HpcException Lost(string node, Exception cause) => Lost(node, "jobs", cause);

    /// <summary>Lets both in again.</summary>
    public async ValueTask DisposeAsync()
    {
        await (Sessions?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_batch?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static Task<T> UnderAsync<T>(
        string node, BatchNodeDrain? batch, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        batch is null ? work(cancellationToken) : HeldCommand.WhileAsync(batch.Ended, work, lost => Lost(node, lost), cancellationToken);

    private static HpcException Lost(string node, string who, Exception? cause) => new(
        ErrorId.NodeUnreachable,
        $"{node} may have {who} again: the connection ended that held them off.",
        node,
        "Run it again.",
        cause);
}
