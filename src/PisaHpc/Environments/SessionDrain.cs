using System.Globalization;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>
/// Waits until no user has a process in a container, by one command in it; whoever comes meanwhile is turned away. When the command's
/// caller is gone, logins are let in again.
/// </summary>
internal static class SessionDrain
{
    /// <summary>What a login says that is turned away.</summary>
    private const string Notice = "This environment is about to be replaced. Log in again in a few minutes.";

    private static readonly NodeScript Script = NodeScript.Of("Environments/drain.sh");

    /// <summary>How long the command may take to let logins in again.</summary>
    private static readonly TimeSpan Leave = TimeSpan.FromSeconds(5);

    /// <summary>Waits. When it returns nobody worked in the container a moment ago, and logins are let in again.</summary>
    /// <param name="container">The container; it runs.</param>
    /// <param name="timeout">How long to wait; zero looks once.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>: users have processes there still; <see cref="ErrorId.NodeCommandFailed"/>: no shell, or no place
    /// for /etc/nologin; the ids of <see cref="IExecutions"/>.
    /// </exception>
    public static async Task WaitAsync(
        IContainerEngine engine, EngineContainer container, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var seconds = ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var request = new ExecutionRequest(Script.Command(seconds, Notice)) { User = "0:0" };
        var drain = await engine.Executions.StartAsync(container.Id, request, cancellationToken);
        try
        {
            using var output = new StreamReader(drain.Output, leaveOpen: true);
            switch ((await output.ReadLineAsync(cancellationToken))?.Split(' '))
            {
                case ["idle"]:
                    return;
                case ["busy", var processes]:
                    throw Busy(engine.Node, container, processes, seconds);
                default:
                    using (var error = new StreamReader(drain.Error, leaveOpen: true))
                    {
                        throw Failed(engine.Node, container, await error.ReadToEndAsync(cancellationToken));
                    }
            }
        }
        finally
        {
            await EndAsync(drain);
        }
    }

    /// <summary>Refuses where jobs are placed into a container that is to end: their processes would end with it.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticBusy"/>, naming the jobs; the ids of the connection and of the engine.
    /// </exception>
    public static async Task RefuseJobsAsync(
        INodeConnection connection, IContainerEngine engine, EngineContainer container, CancellationToken cancellationToken)
    {
        var placed = await PlacedJobs.ListAsync(connection, engine, cancellationToken);
        var jobs = placed.Where(job => job.Id == container.Id).Select(job => job.Labels[ContainerLabels.Job]);
        if (string.Join(", ", jobs.Order(StringComparer.Ordinal)) is { Length: > 0 } ids)
        {
            throw new HpcException(
                ErrorId.StaticBusy,
                $"Jobs are placed into {container.Name} on {engine.Node}, and would end with it: {ids}. It was left as it is.",
                engine.Node,
                "Wait for them with -DrainTimeoutSec, or stop them first: Stop-HpcJob.");
        }
    }

    /// <summary>Its input's end lets it take /etc/nologin away; an engine that hangs holds nobody up.</summary>
    private static async Task EndAsync(IExecution drain)
    {
        await drain.Input.DisposeAsync();
        await Task.WhenAny(drain.WaitAsync(CancellationToken.None), Task.Delay(Leave, CancellationToken.None));
        await drain.DisposeAsync();
    }

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
