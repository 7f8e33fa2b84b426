using System.Text;
using Docker.DotNet.Models;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// Ends a command in a container, since the engine has no request for it (moby#9098): by its life line, or by another command of the same
/// user where it has none, or that says nothing.
/// </summary>
internal sealed class ExecutionEnd(
    EngineClient client, DockerExecutions executions, string execution, ExecutionTarget target, ExecutionLifeline? lifeline)
{
    /// <summary>The command's first process; null as long as it has not said which.</summary>
    public ExecutionLeader? Leader { get; set; }

    /// <summary>Ends the command and all that it started. A container that does not run has nothing left of it.</summary>
    /// <returns>Whether it is known to have ended; not when the engine has yet to start it.</returns>
    /// <exception cref="HpcException">Something is left; or the engine is gone, and with it the last way to the command.</exception>
    public async Task<bool> EndAsync()
    {
        if (lifeline is not null && await lifeline.EndAsync() is { } said && HasEnded(said))
        {
            return true;
        }

        var state = await FindAsync();
        if (state is not { Running: true })
        {
            return state is not { ExitCode: null };
        }

        try
        {
            await RunAsync();
        }
        catch (HpcException failure) when (failure.Id is ErrorId.ContainerNotFound or ErrorId.ContainerNotReady)
        {
            if (await FindAsync() is { Running: true })
            {
                // It is paused: nothing in it moves, and nothing ends.
                throw;
            }
        }

        return true;
    }

    /// <summary>Ends the command as far as there is a way to it, behind another failure that is told.</summary>
    public async Task<bool> TryAsync()
    {
        try
        {
            return await EndAsync();
        }
        catch (HpcException)
        {
            return false; // The failure that is told came first.
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

    private async Task RunAsync()
    {
        var ending = await executions.CreateAsync(
            target.Container, target.Beside(ExecutionScripts.End(Leader, target.Mark, target.FirstSignal), reads: false));
        await using var frames = new LogFrames(await executions.OpenAsync(ending, terminal: false), multiplexed: true);
        var words = new StringBuilder();
        while (await client.AskAsync(() => frames.NextAsync(CancellationToken.None), CancellationToken.None) is { } frame)
        {
            words.Append(Encoding.UTF8.GetString(frame.Bytes.Span));
        }

        if (words.ToString().Trim() is var said && !HasEnded(said))
        {
            throw NotEnded(said);
        }
    }

    /// <summary>Whether all of it has ended, by the words of who saw to it. A shell may have had words of its own before.</summary>
    /// <exception cref="HpcException">Something is left.</exception>
    private bool HasEnded(string said) => said.Contains("left: ", StringComparison.Ordinal)
        ? throw NotEnded(said)
        : said.EndsWith("ended", StringComparison.Ordinal);

    private HpcException NotEnded(string said) => new(
        ErrorId.NodeCommandFailed,
        $"A command in a container on {client.Node} could not be ended: {Quote.Words(said)}",
        client.Node,
        $"End it by hand on the node: docker exec {Quote.Name(target.Container)} kill -KILL, with the numbers that are left.");
}
