namespace PisaHpc.Engines;

/// <summary>Commands in a node's containers, with a limit for their start and for the end that their disposal makes of them.</summary>
internal sealed class TimedExecutions(string node, IExecutions executions, TimeSpan limit) : IExecutions
{
    public async Task<IExecution> StartAsync(string id, ExecutionRequest request, CancellationToken cancellationToken)
    {
        var started = await TimedEngineRequest.WithinAsync(
            node, limit, stopping => executions.StartAsync(id, request, stopping), cancellationToken);
        return new TimedExecution(started, limit);
    }
}

/// <summary>A command that an engine which hangs cannot hold its caller by.</summary>
internal sealed class TimedExecution(IExecution execution, TimeSpan limit) : IExecution
{
    public Stream Input => execution.Input;

    public Stream Output => execution.Output;

    public Stream Error => execution.Error;

    public Task<int> WaitAsync(CancellationToken cancellationToken) => execution.WaitAsync(cancellationToken);

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken) => execution.ResizeAsync(size, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await execution.DisposeAsync().AsTask().WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            // The engine hangs: why the work failed is told by what waited for it. The command ends when its input does.
        }
    }
}
