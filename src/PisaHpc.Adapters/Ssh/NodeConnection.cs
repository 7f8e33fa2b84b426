using System.Diagnostics;
using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Adapters.Ssh;

/// <summary>A node's connections for a caller: each command takes a session and gives it back.</summary>
internal sealed class NodeConnection(string node, NodeSessions sessions) : INodeConnection
{
    public string Node => node;

    public Task<NodeCommandResult> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        TracedAsync(arguments, async activity =>
        {
            var result = await RunToEndAsync(arguments, input, cancellationToken);
            activity?.SetTag(NodeRequests.ExitCodeTag, result.ExitCode);
            return result;
        });

    /// <summary>Starts a process; of one that is traced the trace has the start alone.</summary>
    public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        TracedAsync(arguments, _ => StartUntracedAsync(arguments, cancellationToken));

    /// <summary>
    /// The activity is the program's, and a script's has its name: what it was given, and what it was told by its input, may be secret.
    /// </summary>
    private Task<T> TracedAsync<T>(IReadOnlyList<string> arguments, Func<Activity?, Task<T>> work)
    {
        var program = arguments[0].Split('/')[^1];
        return NodeRequest.NodeCommand.RunAsync(
            node,
            () => NodeScript.NameIn(arguments) ?? program,
            activity => work(activity?.SetTag(NodeRequests.ProgramTag, program)));
    }

    private async Task<NodeCommandResult> RunToEndAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        var command = input.IsEmpty ? RemoteCommand.WithoutInput(arguments) : RemoteCommand.WithInput(arguments);
        await using var session = await sessions.StartAsync(command, cancellationToken);
        var writing = input.IsEmpty ? Task.CompletedTask : WriteAllAsync(session.Input, input, cancellationToken);
        var reading = session.ReadToEndAsync();
        try
        {
            var output = await reading.WaitAsync(cancellationToken);

            // A command may end without reading its input: then the write was in vain, and that is no failure.
            await writing.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return output.HasHead
                ? new NodeCommandResult(output.ExitCode, output.Output, Encoding.UTF8.GetString(output.Error.Span))
                : throw LoginShellRefusal.Of(node, output);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !reading.IsCompleted)
        {
            await new RunningCommand(node, sessions, session).EndAsync();
            throw;
        }
    }

    private async Task<INodeProcess> StartUntracedAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var session = await sessions.StartAsync(RemoteCommand.Streamed(arguments), cancellationToken);
        var process = new NodeProcess(session, new RunningCommand(node, sessions, session));
        try
        {
            await SendGoAsync(session, cancellationToken);
            return await session.ProcessIdAsync().WaitAsync(cancellationToken) is null
                ? throw LoginShellRefusal.Of(node, await session.ReadToEndAsync().WaitAsync(cancellationToken))
                : process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static async Task SendGoAsync(INodeSession session, CancellationToken cancellationToken)
    {
        try
        {
            await session.Input.WriteAsync(RemoteCommand.Go, cancellationToken);
            await session.Input.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It has ended already: its first line, its words and its exit code tell more than this.
        }
    }

    /// <summary>An input that was given up stays without its end: the command must not take what came for the whole.</summary>
    private static async Task WriteAllAsync(Stream stream, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        await Task.Yield();
        await stream.WriteAsync(input, cancellationToken);
        await stream.DisposeAsync();
    }
}
