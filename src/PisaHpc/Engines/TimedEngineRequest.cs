namespace PisaHpc.Engines;

/// <summary>
/// A question that an engine answers from memory. One that hangs takes the connection and says nothing more: so there is a limit, and the
/// node is not taken for dead because its engine is.
/// </summary>
internal static class TimedEngineRequest
{
    /// <summary>How long an engine may take, with the connection to it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Asks a node's engine.</summary>
    /// <param name="question">What to ask.</param>
    /// <param name="limit">How long it may take.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineTimeout"/>; <see cref="ErrorId.EngineUnavailable"/> and the others of the question.
    /// </exception>
    public static async Task<T> AskAsync<T>(
        IEngineConnector engines,
        string node,
        Func<IContainerEngine, CancellationToken, Task<T>> question,
        TimeSpan limit,
        CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stopping.CancelAfter(limit);
        try
        {
            var engine = await engines.ConnectAsync(node, stopping.Token);
            return await question(engine, stopping.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HpcException(
                ErrorId.EngineTimeout,
                $"The engine on {node} is slow, or hangs: it did not answer within {limit.TotalSeconds:0.#} s.",
                node,
                innerException: exception);
        }
    }
}
