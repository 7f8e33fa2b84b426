using System.Runtime.CompilerServices;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// The lines of many containers' logs in the order of their time. Each log is read as its lines are taken, and one line of it is held, so
/// that logs of any length are merged in the memory of their number.
/// </summary>
/// <param name="part">What is read of each.</param>
/// <param name="timeout">
/// How long a log may keep the others waiting for its next line; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
/// </param>
/// <param name="openings">How many logs are opened at a time; at least 1. All that have lines stay open until they have none.</param>
/// <param name="failed">Told of each node whose log cannot be read on; those of others go on.</param>
internal sealed class LogMerge(LogPart part, TimeSpan timeout, int openings, Action<NodeFailure> failed)
{
    /// <summary>Reads the logs. Lines of the same time come in the order of their containers.</summary>
    public async IAsyncEnumerable<HpcContainerLogLine> ReadAsync(
        IReadOnlyList<(IContainerEngine Engine, HpcContainer Container)> containers,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Log[] logs = [.. containers.Select(one => new Log(one.Engine, one.Container, part, cancellationToken))];
        try
        {
            var heads = new PriorityQueue<int, (DateTimeOffset Time, int Place)>();
            var have = await OpenAsync(logs, cancellationToken);
            foreach (var place in Enumerable.Range(0, logs.Length).Where(place => have[place]))
            {
                heads.Enqueue(place, (logs[place].Line.Time, place));
            }

            while (heads.TryDequeue(out var place, out _))
            {
                yield return logs[place].Line;
                if (await NextAsync(logs[place], cancellationToken))
                {
                    heads.Enqueue(place, (logs[place].Line.Time, place));
                }
            }
        }
        finally
        {
            foreach (var log in logs)
            {
                await log.DisposeAsync();
            }
        }
    }

    /// <summary>The line of a log, with whose it is.</summary>
    public static HpcContainerLogLine LineOf(HpcContainer container, EngineLogLine line) =>
        new(container.Node, container.Name, container.JobId, line.Stream, line.Time, line.Text) { Static = container.Static };

    /// <summary>Opens the logs by reading the first line of each.</summary>
    /// <returns>Which of them have one.</returns>
    private async Task<bool[]> OpenAsync(Log[] logs, CancellationToken cancellationToken)
    {
        using var places = new SemaphoreSlim(openings);
        return await Task.WhenAll(logs.Select(async log =>
        {
            await places.WaitAsync(cancellationToken);
            try
            {
                return await NextAsync(log, cancellationToken);
            }
            finally
            {
                places.Release();
            }
        }));
    }

    private async Task<bool> NextAsync(Log log, CancellationToken cancellationToken)
    {
        try
        {
            return await log.MoveNextAsync(timeout);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            failed(new NodeFailure(log.Container.Node, FanOut.Late(log.Container.Node, timeout)));
            return false;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            failed(new NodeFailure(log.Container.Node, failure));
            return false;
        }
    }

    private sealed class Log : IAsyncDisposable
    {
        private readonly CancellationTokenSource _limit;
        private readonly IAsyncEnumerator<EngineLogLine> _lines;

        public Log(IContainerEngine engine, HpcContainer container, LogPart part, CancellationToken cancellationToken)
        {
            Container = container;
            _limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _lines = engine.ReadLogAsync(container.Id, part, _limit.Token).GetAsyncEnumerator(CancellationToken.None);
        }

        public HpcContainer Container { get; }

        public HpcContainerLogLine Line => LineOf(Container, _lines.Current);

        public async Task<bool> MoveNextAsync(TimeSpan timeout)
        {
            _limit.CancelAfter(timeout);
            var isThere = await _lines.MoveNextAsync();
            _limit.CancelAfter(Timeout.InfiniteTimeSpan);
            return isThere;
        }

        public async ValueTask DisposeAsync()
        {
            await _lines.DisposeAsync();
            _limit.Dispose();
        }
    }
}
