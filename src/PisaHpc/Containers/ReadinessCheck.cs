using System.Globalization;
using PisaHpc.Access;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// A container is ready when its way in works, by which a command runs in it as its user, and its engine says that it runs: a running
/// container alone proves neither keys nor users.
/// </summary>
public static class ReadinessCheck
{
    private const int LogTail = 5;

    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    // A container that is well is ready before: following its log would cost each node a channel and a request.
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(500);

    // Between two looks at a container whose log cannot be followed to its end.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Waits until a container is ready.</summary>
    /// <param name="engine">The node's engine, which is asked for the state, and for the log when the way in does not work.</param>
    /// <param name="deadline">How long to wait; at least a second.</param>
    /// <param name="underway">What tries the way in already, as <see cref="IContainerAccess.TryAsync"/>; null for nothing.</param>
    /// <returns>The container with <see cref="HpcContainer.Ready"/> set.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotReady"/> with the last lines of its log; <see cref="ErrorId.PortInUse"/> when those say that its sshd
    /// could not have the job's port.
    /// </exception>
    public static async Task<HpcContainer> WaitAsync(
        INodeConnection connection,
        IContainerEngine engine,
        HpcContainer container,
        TimeSpan deadline,
        CancellationToken cancellationToken,
        Task<string?>? underway = null)
    {
        var limit = deadline < Least ? Least : deadline;
        var entry = new ContainerEntry(connection, engine, container.Id);
        var refusal = await EnteredAsync(entry, container, limit, underway, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();

        // A login may be answered by another sshd on the node's network: it proves nothing of a container that has ended.
        var state = await engine.FindAsync(container.Id, cancellationToken);
        return refusal is null && state?.State == ContainerState.Running
            ? container with { Ready = true, State = nameof(ContainerState.Running) }
            : throw await NotReadyAsync(engine, container, state, refusal, limit, cancellationToken);
    }

    /// <summary>
    /// Tries the way in until it works, the time is up or the container ends; nothing goes on after that but what was underway, which its
    /// owner ends.
    /// </summary>
    /// <returns>Null when it worked; else what was said last.</returns>
    private static async Task<string?> EnteredAsync(
        ContainerEntry entry, HpcContainer container, TimeSpan limit, Task<string?>? underway, CancellationToken cancellationToken)
    {
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var entered = TryAsync(entry, container, limit, underway, settled.Token);
        var end = WatchAsync(entry.Engine, container, settled.Token);
        try
        {
            await Task.WhenAny(entered, end);
            return entered.IsCompleted ? await entered : "";
        }
        finally
        {
            await settled.CancelAsync();
            await Task.WhenAll(entered, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tries the way in; first by what does so already, whose time may be up before the container has had its own.</summary>
    private static async Task<string?> TryAsync(
        ContainerEntry entry, HpcContainer container, TimeSpan limit, Task<string?>? underway, CancellationToken cancellationToken)
    {
        var end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        if (underway is not null)
        {
            var refusal = await underway.WaitAsync(cancellationToken);
            limit = TimeSpan.FromMilliseconds(end - Environment.TickCount64);
            if (refusal is null || limit <= TimeSpan.Zero)
            {
                return refusal;
            }
        }

        return await container.GetAccess().TryAsync(entry, limit, cancellationToken);
    }

    /// <summary>
    /// Ends when the container does, which its log's end tells. But a log ends, too, when its engine is restarted, and some log drivers
    /// cannot be read at all: what counts is what the engine says of the container.
    /// </summary>
    private static async Task WatchAsync(IContainerEngine engine, HpcContainer container, CancellationToken cancellationToken)
    {
        await Task.Delay(FirstLook, cancellationToken);
        while (true)
        {
            try
            {
                await foreach (var _ in engine.ReadLogAsync(container.Id, tail: 1, follow: true, cancellationToken))
                {
                    // The lines themselves are read again, with their last ones first, when the container turns out not to be ready.
                }
            }
            catch (HpcException)
            {
                // It cannot be read, or the engine is away.
            }

            try
            {
                if (await engine.FindAsync(container.Id, cancellationToken) is not { State: ContainerState.Running })
                {
                    return;
                }
            }
            catch (HpcException)
            {
                // An engine that does not answer says nothing of the container: the way in decides.
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static async Task<HpcException> NotReadyAsync(
        IContainerEngine engine,
        HpcContainer container,
        EngineContainer? state,
        string? refusal,
        TimeSpan deadline,
        CancellationToken cancellationToken)
    {
        var (lines, log) = await LogAsync(engine, container, cancellationToken);
        var name = $"Container {container.Name} on {container.Node}";
        var ended = state?.State != ContainerState.Running;

        // sshd's words (sshd.c): on the host network nobody but sshd finds out that the port is taken.
        if (ended && lines.Any(line => line.EndsWith("failed: Address already in use.", StringComparison.Ordinal)))
        {
            return new HpcException(
                ErrorId.PortInUse,
                $"{name} could not have its port: something else listens on port {container.Port} there; {log}",
                container.Node);
        }

        return new HpcException(
            ErrorId.ContainerNotReady,
            ended
                ? $"{name} ended before it was ready ({HowItEnded(state)}): {log}."
                : $"{name} did not become ready within {deadline.TotalSeconds:0} s: {refusal}; {log}.",
            container.Node);
    }

    private static async Task<(IReadOnlyList<string> Lines, string Words)> LogAsync(
        IContainerEngine engine, HpcContainer container, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        try
        {
            await foreach (var line in engine.ReadLogAsync(container.Id, LogTail, follow: false, cancellationToken))
            {
                lines.Add(line.Text);
            }
        }
        catch (HpcException failure)
        {
            return ([], $"its log cannot be read ({failure.Message.TrimEnd('.')})");
        }

        return (lines, lines.Count == 0 ? "its log is empty" : "its log ends: " + string.Join(" | ", lines));
    }

    private static string HowItEnded(EngineContainer? state)
    {
        if (state is null)
        {
            return "it was removed";
        }

        var how = state.ExitCode is { } code ? string.Create(CultureInfo.InvariantCulture, $"exit code {code}") : $"it is {state.State}";
        return how + (state.OutOfMemory ? ", out of memory" : "") + (state.Error.Length > 0 ? $", {state.Error}" : "");
    }
}
