using System.Globalization;
using PisaHpc.Access.Login;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>
/// Keeps new logins out of a container, by one command in it, until it has stopped or is let go. When the command's caller is gone, logins
/// are let in again.
/// </summary>
internal sealed class SessionDrain : IAsyncDisposable
{
    private static readonly NodeScript Script = NodeScript.Of("Environments/drain.sh");

    private static readonly NodeScript Reopen = NodeScript.Of("Environments/reopen.sh");

    /// <summary>How much longer than its users may take the container may be silent.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HeldCommand _command;

    private SessionDrain(HeldCommand command) => _command = command;

    /// <summary>Ends when users may be let in again, or the container has stopped.</summary>
    public Task Ended => _command.Ended;

    /// <summary>Keeps logins out and waits until no user has a process in it. Nobody comes in until what is returned is let go.</summary>
    /// <param name="container">The container; it runs.</param>
    /// <param name="timeout">How long to wait; zero looks once.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>: users have processes there still; <see cref="ErrorId.NodeCommandFailed"/>: no shell, or no place
    /// for /etc/nologin; the ids of <see cref="IExecutions"/>. Logins are let in again.
    /// </exception>
    public static async Task<SessionDrain> BeginAsync(
        IContainerEngine engine, EngineContainer container, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var seconds = ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var command = Script.Command(seconds, LoginAccess.DrainNotice, NoticeFile(container), HeldCommand.Silence);
        var request = new ExecutionRequest(command) { User = "0:0" };
        var drain = new SessionDrain(new HeldCommand(await engine.Executions.StartAsync(container.Id, request, cancellationToken)));
        try
        {
            return (await drain._command.ReadAsync(timeout + Patience, cancellationToken))?.Split(' ') switch
            {
                ["idle"] => drain,
                ["busy", var processes] => throw Busy(engine.Node, container, processes, seconds),
                _ => throw Failed(
                    engine.Node, container, await drain._command.ErrorAsync(cancellationToken).WaitAsync(Patience, cancellationToken)),
            };
        }
        catch (TimeoutException)
        {
            await drain.DisposeAsync();
            throw Failed(engine.Node, container, $"no answer within {(timeout + Patience).TotalSeconds:F0} s");
        }
        catch
        {
            await drain.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets logins in that a drain turns away which was cut off.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>; the ids of <see cref="IExecutions"/>.</exception>
    public static async Task ReopenAsync(IContainerEngine engine, EngineContainer container, CancellationToken cancellationToken)
    {
        var request = new ExecutionRequest(Reopen.Command(LoginAccess.DrainNotice, NoticeFile(container))) { User = "0:0" };
        await using var reopen = await engine.Executions.StartAsync(container.Id, request, cancellationToken);
        if (await reopen.WaitAsync(cancellationToken) is var code and not 0)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"/etc/nologin in container {container.Name} on {engine.Node} could not be removed (exit code {code}).",
                engine.Node,
                "Remove it there.");
        }
    }

    /// <summary>Lets logins in again, unless the container has stopped.</summary>
    public ValueTask DisposeAsync() => _command.DisposeAsync();

    /// <summary>In /dev, where no user makes a file, and by the container's name, where a site has the node's own /dev there.</summary>
    private static string NoticeFile(EngineContainer container) => $"/dev/{container.Name}.nologin";

    private static HpcException Busy(string node, EngineContainer container, string processes, string seconds) => new(
        ErrorId.StaticBusy,
        $"Users work in {container.Name} on {node} after {seconds} s still (processes: {processes}): it was left as it is.",
        node,
        "Wait longer with -DrainTimeoutSec, run it again later, or end their work and run it again: "
        + $"Get-HpcContainer {node} -Name {container.Name} | Stop-HpcContainer.");

    private static HpcException Failed(string node, EngineContainer container, string error) => new(
        ErrorId.NodeCommandFailed,
        $"Container {container.Name} on {node} did not say who works in it: {Quote.Words(error)}",
        node,
        "Where nobody does, stop it, and run it again: "
        + $"Get-HpcContainer {node} -Name {container.Name} | Stop-HpcContainer.");
}
