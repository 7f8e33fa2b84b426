using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// A container is ready when a login by the job's key, through the job's own configuration, runs <c>true</c> in it: a running container
/// or an open port proves neither keys nor users.
/// </summary>
public static class ReadinessCheck
{
    private const int LogTail = 5;

    // Between two looks at a container whose log cannot be followed to its end.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Tries until the login works, the deadline passes or the job's directory goes. It runs on the node, so that waiting costs one round
    /// trip.
    /// </summary>
    private static readonly NodeScript Script = NodeScript.Of("Containers/readiness.sh");

    /// <summary>Waits until a container is ready.</summary>
    /// <param name="engine">The node's engine, which is asked for the state and the log when the login does not work.</param>
    /// <param name="deadline">How long to wait; at least a second.</param>
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
        CancellationToken cancellationToken)
    {
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var login = LoginAsync(connection, container, deadline, settled.Token);
        var end = WatchAsync(engine, container, settled.Token);
        await Task.WhenAny(login, end);
        var refusal = login.IsCompleted ? await login : "";
        await settled.CancelAsync();
        await Task.WhenAll(login, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();

        // A login may be answered by another sshd on the node's network: it proves nothing of a container that has ended.
        var state = await engine.FindAsync(container.Id, cancellationToken);
        return refusal is null && state?.State == ContainerState.Running
            ? container with { Ready = true, State = nameof(ContainerState.Running) }
            : throw await NotReadyAsync(engine, container, state, refusal, deadline, cancellationToken);
    }

    /// <summary>Null when the login worked, else what ssh said last.</summary>
    private static async Task<string?> LoginAsync(
        INodeConnection connection, HpcContainer container, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(deadline.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var result = await connection.RunAsync(
            Script.Command(seconds, container.Directory + "/ssh_config", container.Node), default, cancellationToken);
        return result.ExitCode == 0 ? null : Quote.Words($"{result.Text.Trim()} {result.Error}");
    }

    /// <summary>
    /// Ends when the container does, which its log's end tells. But a log ends, too, when its engine is restarted, and some log drivers
    /// cannot be read at all: what counts is what the engine says of the container.
    /// </summary>
    private static async Task WatchAsync(IContainerEngine engine, HpcContainer container, CancellationToken cancellationToken)
    {
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
                // An engine that does not answer says nothing of the container: the login decides, and its deadline.
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
