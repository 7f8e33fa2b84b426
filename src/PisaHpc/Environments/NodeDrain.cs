using System.Diagnostics;
using PisaHpc.Engines;

namespace PisaHpc.Environments;

/// <summary>What keeps work out of a container that is to go: the batch system's jobs off its node, and then users out of it.</summary>
internal sealed class NodeDrain : IAsyncDisposable
{
    private readonly IAsyncDisposable? _batch;

    private NodeDrain(IAsyncDisposable? batch, SessionDrain? sessions) => (_batch, Sessions) = (batch, sessions);

    /// <summary>Of a container in which nobody can be.</summary>
    public static NodeDrain None { get; } = new(null, null);

    /// <summary>What keeps users out; let go when the container has stopped.</summary>
    public SessionDrain? Sessions { get; }

    /// <summary>Keeps both out, and waits until neither is there.</summary>
    /// <param name="name">The container's static environment.</param>
    /// <param name="container">The container; it runs.</param>
    /// <param name="batch">Keeps the jobs off; null for nobody to be told.</param>
    /// <param name="timeout">How long to wait for both together; zero looks once.</param>
    /// <exception cref="HpcException">As of <see cref="BatchDrain"/> and <see cref="SessionDrain"/>; both are let in again.</exception>
    public static async Task<NodeDrain> BeginAsync(
        IContainerEngine engine,
        string name,
        EngineContainer container,
        BatchDrain? batch,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var jobs = batch is null ? null : await batch.BeginAsync(name, engine.Node, timeout, cancellationToken);
        try
        {
            var left = timeout - clock.Elapsed;
            var sessions = await SessionDrain.BeginAsync(engine, container, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            return new NodeDrain(jobs, sessions);
        }
        catch
        {
            await (jobs?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Lets both in again.</summary>
    public async ValueTask DisposeAsync()
    {
        await (Sessions?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_batch?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
