using System.Text;
using Docker.DotNet.Models;
using PisaHpc.Engines;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>Ends a command in a container: by another one, of the same user, since the engine has no request for it (moby#9098).</summary>
internal sealed class ExecutionEnd(
    EngineClient client, DockerExecutions executions, string execution, ExecutionRequest request, string mark)
{
    /// <summary>The command's first process; null as long as it has not said which.</summary>
    public ExecutionLeader? Leader { get; set; }

    /// <summary>The signal that a command is ended by if it heeds it: what a closed terminal sends, where it has one.</summary>
    public static string FirstSignal(ExecutionRequest request) => request.Terminal is null ? "TERM" : "HUP";

    /// <summary>Ends the command and all that it started. A container that does not run has nothing left of it.</summary>
    /// <exception cref="HpcException">Something is left; or the engine is gone, and with it the last way to the command.</exception>
    public async Task EndAsync()
    {
        if (await FindAsync() is not { Running: true } running)
        {
            return;
        }

        try
        {
            await RunAsync(running.ContainerID);
        }
        catch (HpcException failure) when (failure.Id is ErrorId.ContainerNotFound or ErrorId.ContainerNotReady)
        {
            if (await FindAsync() is { Running: true })
            {
                // It is paused: nothing in it moves, and nothing ends.
                throw;
            }
        }
    }

    /// <summary>Ends the command as far as there is a way to it, behind another failure that is told.</summary>
    public async Task TryAsync()
    {
        try
        {
            await EndAsync();
        }
        catch (HpcException)
        {
            // The failure that is told came first.
        }
    }

    /// <summary>The execution as the engine knows it; null when it went with its container.</summary>
    public async Task<ContainerExecInspectResponse?> FindAsync()
    {
        try
        {
            return await client.AskAsync(
                () => client.Requests.Exec.InspectContainerExecAsync(execution, CancellationToken.None), CancellationToken.None);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.ContainerNotFound)
        {
            return null;
        }
    }

    private async Task RunAsync(string container)
    {
        var ending = await executions.CreateAsync(container, new ContainerExecCreateParameters
        {
            Cmd = ExecutionScripts.End(Leader, mark, FirstSignal(request)),
            User = request.User ?? "",
            AttachStdout = true,
            AttachStderr = true,
        });
        await using var frames = new LogFrames(await executions.OpenAsync(ending, terminal: false), multiplexed: true);
        var words = new StringBuilder();
        while (await client.AskAsync(() => frames.NextAsync(CancellationToken.None), CancellationToken.None) is { } frame)
        {
            words.Append(Encoding.UTF8.GetString(frame.Bytes.Span));
        }

        // A shell or a missing grep may have had words of its own before.
        if (words.ToString().Trim() is var said && !said.EndsWith("ended", StringComparison.Ordinal))
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"A command in a container on {client.Node} could not be ended: {Quote.Words(said)}",
                client.Node,
                $"End it by hand on the node: docker exec {container[..12]} kill -KILL, with the numbers that are left.");
        }
    }
}
