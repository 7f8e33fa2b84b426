using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Posix;

namespace PisaHpc.Containers.Commands;

/// <summary>
/// A person's session in a container: a terminal there, made by its engine, to which the terminal here is given over. It goes the same way
/// as every other command, over the connection that the site defines, so that known hosts, keys, user and jump hosts are the same, no node
/// needs anything, and no program of this machine either; an <c>ssh -t</c> would reach the node with the site's options as well, and would
/// have to run the engine's own client there.
/// </summary>
public sealed record ContainerShell
{
    /// <summary>128 + SIGHUP, the signal that what is left gets.</summary>
    private const int LeftByHangup = 129;

    private static readonly TimeSpan Leave = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private static readonly NodeScript EnterShell = NodeScript.Of("Containers/Commands/enter-shell.sh");

    /// <summary>The program with its arguments; none for the user's login shell.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>As whom.</summary>
    public ContainerUser User { get; init; } = ContainerUser.Owner;

    /// <summary>The working directory in the container; null for the user's home, or / without one.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The kind of the terminal here (environ(7), TERM); null where nobody says.</summary>
    public string? TerminalType { get; init; }

    /// <summary>Looks whether there is a terminal to be given over.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.TerminalMissing"/>; <see cref="ErrorId.PlatformNotSupported"/> elsewhere than on Linux.
    /// </exception>
    public static void RequireTerminal()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new HpcException(ErrorId.PlatformNotSupported, "A terminal is given over to a container on Linux only.");
        }

        if (!LocalTerminal.IsThere)
        {
            throw new HpcException(
                ErrorId.TerminalMissing, "A shell in a container needs a terminal: standard input, or output, of this process is none.");
        }
    }

    /// <summary>Looks whether it can be asked for.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>.</exception>
    public ContainerShell Check()
    {
        ContainerCommand.Check(Command, WorkingDirectory);
        return this;
    }

    /// <summary>Enters a container, until its shell ends, or <c>~.</c> is typed at the beginning of a line.</summary>
    /// <param name="execution">The shell, with a terminal (<see cref="StartAsync"/>).</param>
    /// <param name="cancellationToken">Ends the session and what runs in it, as a closed terminal does.</param>
    /// <returns>The exit code; 128 + n when signal n ended it. What it was left by is HUP.</returns>
    /// <exception cref="HpcException">
    /// The connection's or the engine's failures; <see cref="ErrorId.TerminalMissing"/>: the terminal here is gone.
    /// </exception>
    public static async Task<int> RunAsync(IExecution execution, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(execution);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var terminal = LocalTerminal.Take();
        var typing = TypeAsync(terminal, execution, ended.Token);
        var resizing = ResizeAsync(terminal, execution, ended.Token);
        try
        {
            var showing = ShowAsync(execution, ended.Token);
            if (await Task.WhenAny(showing, typing) == typing)
            {
                // A shell that ended takes no key either.
                await Task.WhenAny(showing, Task.Delay(Leave, cancellationToken));
            }

            return showing.IsCompleted ? await showing : await typing;
        }
        finally
        {
            // Whoever sits there has it back first: what is on its way to a node that does not answer may be so for long.
            await terminal.DisposeAsync();
            await ended.CancelAsync();
            await Task.WhenAny(Task.WhenAll(typing, resizing), Task.Delay(Leave, CancellationToken.None));
        }
    }

    /// <summary>Starts the shell in a container.</summary>
    public Task<IExecution> StartAsync(IContainerEngine engine, HpcContainer container, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(container);
        var (columns, rows) = LocalTerminal.Size;
        return engine.Executions.StartAsync(container.Id, Execution(new TerminalSize(columns, rows)), cancellationToken);
    }

    /// <summary>What the engine is asked to start.</summary>
    internal ExecutionRequest Execution(TerminalSize size) => new(
        ["/bin/sh", "-c", EnterShell.Text, EnterShell.Name, User.Kind, WorkingDirectory ?? "", .. Command])
    {
        User = User.Id,
        Environment = TerminalType is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["TERM"] = TerminalType },
        EndsWithCaller = true,
        Terminal = size,
    };

    /// <summary>How the session ended.</summary>
    internal HpcContainerCommandResult ResultOf(HpcContainer container, int code, DateTimeOffset started) => HpcContainerCommandResult.Of(
        container, Command.Count == 0 ? "" : ShellQuoting.Join(Command), code, started, DateTimeOffset.UtcNow - started);

    private static async Task<int> ShowAsync(IExecution execution, CancellationToken cancellationToken)
    {
        await using var screen = Console.OpenStandardOutput();
        await execution.Output.CopyToAsync(screen, cancellationToken);
        return await execution.WaitAsync(cancellationToken);
    }

    /// <summary>Hands on what is typed, until it says that the session is to end, as by HUP.</summary>
    private static async Task<int> TypeAsync(LocalTerminal terminal, IExecution execution, CancellationToken cancellationToken)
    {
        var escape = new SessionEscape();
        await foreach (var keys in terminal.Keys.ReadAllAsync(cancellationToken))
        {
            if (escape.Pass(keys.Span) is not { } passed)
            {
                return LeftByHangup;
            }

            if (passed.Length > 0)
            {
                await WriteAsync(execution, passed, cancellationToken);
            }
        }

        throw new HpcException(
            ErrorId.TerminalMissing, "The terminal of this process is gone, and the shell in the container was ended as by a closed one.");
    }

    private static async Task WriteAsync(IExecution execution, ReadOnlyMemory<byte> keys, CancellationToken cancellationToken)
    {
        try
        {
            await execution.Input.WriteAsync(keys, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw new HpcException(
                ErrorId.EngineUnavailable,
                $"What is typed does not get to the shell in the container any more: {Quote.Cause(failure)}",
                recommendedAction: "The session was ended. Enter the container again when the node answers.",
                innerException: failure);
        }
    }

    /// <summary>
    /// Tells the size now, which may have changed while the shell was started, and whenever it changes; one that could not be told is told
    /// again.
    /// </summary>
    private static async Task ResizeAsync(LocalTerminal terminal, IExecution execution, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = terminal.Resizes.WaitToReadAsync(cancellationToken).AsTask();
            if (await TryResizeAsync(execution, cancellationToken) ? !await changed : await IsOverAsync(changed, cancellationToken))
            {
                return;
            }

            terminal.Resizes.TryRead(out _);
        }
    }

    private static async Task<bool> TryResizeAsync(IExecution execution, CancellationToken cancellationToken)
    {
        try
        {
            var (columns, rows) = LocalTerminal.Size;
            await execution.ResizeAsync(new TerminalSize(columns, rows), cancellationToken);
            return true;
        }
        catch (HpcException)
        {
            return false; // It is tried again, and what keeps the engine from it shows in the session itself.
        }
    }

    /// <summary>Waits for another change of the size, and not for long.</summary>
    /// <returns>Whether there are no more changes.</returns>
    private static async Task<bool> IsOverAsync(Task<bool> changed, CancellationToken cancellationToken)
    {
        await Task.WhenAny(changed, Task.Delay(RetryPause, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        return changed.IsCompleted && !await changed;
    }
}
