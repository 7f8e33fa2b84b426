using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace PisaHpc.Module.Completion;

/// <summary>What any of several nodes can tell: the first that answers is heard, and one that is down delays nobody.</summary>
internal static class FirstAnswer
{
    private const int NodesAtATime = 8;

    /// <summary>Asks nodes, a few side by side, until one has an answer; the others are asked no further.</summary>
    /// <param name="nodes">The nodes; those that come first are asked first.</param>
    /// <param name="ask">Asks a node; null where it has no answer.</param>
    /// <returns>The answer; null where all were asked and none has one.</returns>
    /// <exception cref="Exception">What a node failed with, where none has an answer and not all could be asked.</exception>
    public static async Task<T?> OfAsync<T>(
        IEnumerable<string> nodes, Func<string, CancellationToken, Task<T?>> ask, CancellationToken cancellationToken)
        where T : class
    {
        using var heard = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stopping = heard.Token;
        var waiting = new ConcurrentQueue<string>(nodes);
        var failures = new ConcurrentQueue<Exception>();
        await foreach (var asked in Task.WhenEach(Enumerable.Range(0, NodesAtATime).Select(_ => AskOnAsync())))
        {
            if (await asked is { } answer)
            {
                await heard.CancelAsync();
                return answer;
            }
        }

        if (failures.TryDequeue(out var failure))
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return null;

        async Task<T?> AskOnAsync()
        {
            while (!stopping.IsCancellationRequested && waiting.TryDequeue(out var node))
            {
                try
                {
                    if (await ask(node, stopping) is { } answer)
                    {
                        return answer;
                    }
                }
                catch (Exception failed)
                {
                    // Another node may have the answer.
                    failures.Enqueue(failed);
                }
            }

            return null;
        }
    }
}
