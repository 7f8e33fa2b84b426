using PisaHpc.Access;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// The way into a container, tried while the container starts where the way waits for that: a client of ssh takes as long to begin as an
/// engine to start. Disposing it ends the try.
/// </summary>
/// <param name="limit">How long to try.</param>
internal sealed class EarlyTry(TimeSpan limit, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    /// <summary>The try, as <see cref="IContainerAccess.TryAsync"/>; null where there is none.</summary>
    public Task<string?>? Underway { get; private set; }

    /// <summary>Begins, once.</summary>
    /// <param name="created">The container, which is there and has yet to start.</param>
    public void Begin(INodeConnection connection, IContainerEngine engine, HpcContainer created)
    {
        if (created.GetAccess() is { AwaitsContainer: true } access)
        {
            Underway ??= access.TryAsync(new ContainerEntry(connection, engine, created.Id), limit, _over.Token);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await ((Task?)Underway ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }
}
