using System.Text;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// Ends a command in a container when this process is gone, or the way to its node. The engine then ends the command's input and nothing
/// else (moby#9098), and a command need not read that, nor may its input end before its time: so a second command of the same user
/// watches it, and has an input that nobody but its starter holds open.
/// </summary>
internal sealed class ExecutionLifeline : IAsyncDisposable
{
    private static readonly TimeSpan Leave = TimeSpan.FromMilliseconds(500);

    private readonly UpgradedStream _connection;
    private readonly LogFrames _frames;

    private ExecutionLifeline(UpgradedStream connection)
    {
        _connection = connection;
        _frames = new LogFrames(connection, multiplexed: true);
    }

    /// <summary>Begins to watch, before there is anything to be watched.</summary>
    /// <param name="id">The container.</param>
    /// <param name="request">The command that is to be watched.</param>
    /// <param name="mark">Its mark.</param>
    public static async Task<ExecutionLifeline> StartAsync(
        EngineClient client, DockerExecutions executions, string id, ExecutionRequest request, string mark)
    {
        var execution = await executions.CreateAsync(id, new ContainerExecCreateParameters
        {
            Cmd = ExecutionScripts.Watch(mark, ExecutionEnd.FirstSignal(request)),
            User = request.User ?? "",
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = true,
        });
        var lifeline = new ExecutionLifeline(await executions.OpenAsync(execution, terminal: false));
        try
        {
            var said = new StringBuilder();
            while (await client.AskAsync(() => lifeline._frames.NextAsync(CancellationToken.None), CancellationToken.None) is { } frame)
            {
                said.Append(Encoding.UTF8.GetString(frame.Bytes.Span));
                if (said.ToString().EndsWith(ExecutionScripts.Watching, StringComparison.Ordinal))
                {
                    return lifeline;
                }
            }

            throw executions.NotRun(request, said.ToString());
        }
        catch
        {
            await lifeline.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells it the command's first process, by whose session more is found than by its mark.</summary>
    public ValueTask WatchAsync(ExecutionLeader leader) =>
        _connection.WriteAsync(Encoding.ASCII.GetBytes(ExecutionScripts.Leads(leader)));

    /// <summary>Lets go of the command, which has ended or was ended.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.WriteAsync(Encoding.ASCII.GetBytes(ExecutionScripts.Done));
            await _connection.EndWritingAsync();
            await Task.WhenAny(EndAsync(), Task.Delay(Leave));
        }
        catch (Exception failure) when (failure is IOException or HpcException or ObjectDisposedException or InvalidOperationException)
        {
            // The way there is gone, and the watcher with it: it ends what is left, and then itself.
        }
        finally
        {
            await _connection.DisposeAsync();
        }
    }

    private async Task EndAsync()
    {
        while (await _frames.NextAsync(CancellationToken.None) is not null)
        {
            // It has nothing more to say.
        }
    }
}
