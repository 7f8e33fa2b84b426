using PisaHpc.Tracing;

namespace PisaHpc.Nodes;

/// <summary>One action on many nodes: a sliding window, a time limit for each node, and failures that stay their node's own.</summary>
public static class FanOut
{
    /// <summary>Runs an action on every node.</summary>
    /// <param name="nodes">The nodes' names.</param>
    /// <param name="throttle">How many run at a time; at least 1.</param>
    /// <param name="timeout">How long each node may take; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="action">What to do on a node.</param>
    /// <param name="failed">Told of each node that failed, from any thread.</param>
    /// <param name="late">What the failure is of a node that takes longer.</param>
    /// <param name="phase">The phase that the action is of each node; null for none.</param>
    /// <param name="inOrder">Whether what is said of nodes waits for what is said of those before them.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; every action has ended.</exception>
    public static Task RunAsync(
        IEnumerable<string> nodes,
        int throttle,
        TimeSpan timeout,
        Func<string, CancellationToken, Task> action,
        Action<NodeFailure> failed,
        CancellationToken cancellationToken,
        ErrorId late = ErrorId.NodeTimeout,
        Phase? phase = null,
        bool inOrder = false)
    {
        var window = new ParallelOptions { MaxDegreeOfParallelism = throttle, CancellationToken = cancellationToken };
        var turns = inOrder ? new NodeTurns() : null;
        return Parallel.ForEachAsync(nodes.Index(), window, async (node, stopping) =>
            await (turns?.RunAsync(node.Index, () => OnNodeAsync(node.Item, stopping)) ?? OnNodeAsync(node.Item, stopping)));

        async Task OnNodeAsync(string node, CancellationToken stopping)
        {
            try
            {
                await (phase?.RunAsync(() => InTimeAsync(node, stopping), node) ?? InTimeAsync(node, stopping));
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                failed(new NodeFailure(node, exception));
            }
        }

        Task InTimeAsync(string node, CancellationToken stopping) =>
            WithinAsync(node, timeout, limit => action(node, limit), stopping, late);
    }

    /// <summary>Does one thing on a node within a time.</summary>
    /// <param name="timeout">How long it may take; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="action">What to do.</param>
    /// <param name="late">What the failure is when it takes longer.</param>
    /// <exception cref="HpcException">The time is up.</exception>
    public static Task WithinAsync(
        string node,
        TimeSpan timeout,
        Func<CancellationToken, Task> action,
        CancellationToken cancellationToken,
        ErrorId late = ErrorId.NodeTimeout)
    {
        ArgumentNullException.ThrowIfNull(action);
        return WithinAsync(node, timeout, DoAsync, cancellationToken, late);

        async Task<bool> DoAsync(CancellationToken limit)
        {
            await action(limit);
            return true;
        }
    }

    /// <summary>The same for what has a result.</summary>
    /// <param name="timeout">How long it may take; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="action">What to do.</param>
    /// <param name="late">What the failure is when it takes longer.</param>
    /// <exception cref="HpcException">The time is up.</exception>
    public static async Task<T> WithinAsync<T>(
        string node,
        TimeSpan timeout,
        Func<CancellationToken, Task<T>> action,
        CancellationToken cancellationToken,
        ErrorId late = ErrorId.NodeTimeout)
    {
        ArgumentNullException.ThrowIfNull(action);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            return await action(limit.Token);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Late(node, timeout, late, exception);
        }
    }

    /// <summary>The failure of a node whose time is up.</summary>
    /// <param name="id">What the failure is.</param>
    internal static HpcException Late(
        string node, TimeSpan timeout, ErrorId id = ErrorId.NodeTimeout, Exception? cause = null)
    {
        var nextStep = id == ErrorId.NodeTimeout ? null : "Allow it more time with -TimeoutSec; 0 is no limit.";
        return new HpcException(
            id, $"Node {node} is slow, or hangs: it did not finish within {timeout.TotalSeconds:0.#} s.", node, nextStep, cause);
    }
}
