using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Ssh;

/// <summary>A node's connections for a caller: each command takes a session and gives it back.</summary>
internal sealed class NodeConnection(string node, NodeSessions sessions) : INodeConnection
{
    public string Node => node;

    public async Task<NodeCommandResult> RunAsync(
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

    public async Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
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
