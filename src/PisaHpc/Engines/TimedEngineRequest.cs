namespace PisaHpc.Engines;

/// <summary>
/// A question that an engine answers from memory. One that hangs takes the connection and says nothing more: so there is a limit, and the
/// node is not taken for dead because its engine is.
/// </summary>
internal static class TimedEngineRequest
{
    /// <summary>How long an engine may take, with the connection to it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>How much longer a request may take that was cancelled: what it has begun may be taken back.</summary>
    private static readonly TimeSpan Leave = TimeSpan.FromSeconds(10);

    /// <summary>Asks a node's engine.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="limit">How long it may take.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineTimeout"/>; <see cref="ErrorId.EngineUnavailable"/> and the others of the question.
    /// </exception>
    public static Task<T> AskAsync<T>(
        IEngineConnector engines,
        string node,
        Func<IContainerEngine, CancellationToken, Task<T>> question,
        TimeSpan limit,
        CancellationToken cancellationToken) => WithinAsync(
        node, limit, async stopping => await question(await engines.ConnectAsync(node, stopping), stopping), cancellationToken);

    /// <summary>Waits for a request as long as it may take, and no longer for one that hangs even where it is cancelled.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineTimeout"/>, and those of the request.</exception>
    public static async Task<T> WithinAsync<T>(
        string node, TimeSpan limit, Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stopping.CancelAfter(limit);
        try
        {
            return await request(stopping.Token).WaitAsync(limit + Leave, CancellationToken.None);
        }
        catch (Exception late) when (late is TimeoutException || (late is OperationCanceledException && stopping.IsCancellationRequested))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Late(node, limit, late);
        }
    }

    /// <summary>The same for a request without an answer.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineTimeout"/>, and those of the request.</exception>
    public static Task WithinAsync(
        string node, TimeSpan limit, Func<CancellationToken, Task> request, CancellationToken cancellationToken)
    {
        return WithinAsync(node, limit, DoAsync, cancellationToken);

        async Task<bool> DoAsync(CancellationToken stopping)
        {
            await request(stopping);
            return true;
        }
    }

    /// <summary>The failure of an engine that did not answer in time.</summary>
    public static HpcException Late(string node, TimeSpan limit, Exception cause) => new(
        ErrorId.EngineTimeout,
        $"The engine on {node} is slow, or hangs: it did not answer within {limit.TotalSeconds:0.#} s.",
        node,
        innerException: cause);
}
