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

    /// <summary>Enters a container, until its shell ends.</summary>
    /// <param name="execution">The shell, with a terminal (<see cref="StartAsync"/>).</param>
    /// <param name="cancellationToken">Ends the session and what runs in it, as a closed terminal does.</param>
    /// <returns>The exit code; 128 + n when signal n ended it.</returns>
    /// <exception cref="HpcException">The connection's or the engine's failures.</exception>
    public static async Task<int> RunAsync(IExecution execution, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(execution);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var terminal = LocalTerminal.Take();
        var typing = TypeAsync(terminal, execution, ended);
        var resizing = ResizeAsync(terminal, execution, ended.Token);
        try
        {
            await using var screen = Console.OpenStandardOutput();
            await execution.Output.CopyToAsync(screen, ended.Token);
            return await execution.WaitAsync(ended.Token);
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll(typing, resizing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    /// <summary>Hands on what is typed. Where the terminal is gone the session ends.</summary>
    private static async Task TypeAsync(LocalTerminal terminal, IExecution execution, CancellationTokenSource ended)
    {
        await foreach (var keys in terminal.Keys.ReadAllAsync(ended.Token))
        {
            await execution.Input.WriteAsync(keys, ended.Token);
        }

        await ended.CancelAsync();
    }

    /// <summary>Tells the size now, which may have changed while the shell was started, and whenever it changes.</summary>
    private static async Task ResizeAsync(LocalTerminal terminal, IExecution execution, CancellationToken cancellationToken)
    {
        do
        {
            var (columns, rows) = LocalTerminal.Size;
            await execution.ResizeAsync(new TerminalSize(columns, rows), cancellationToken);
        }
        while (await terminal.Resizes.WaitToReadAsync(cancellationToken) && terminal.Resizes.TryRead(out _));
    }
}
