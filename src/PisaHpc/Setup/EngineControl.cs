using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Setup;

/// <summary>Has a node's engine read its configuration again, and waits until it has it. Everything here has a limit.</summary>
/// <param name="site">Whose engine it is, and how the site does it.</param>
internal sealed class EngineControl(INodeConnection connection, IEngineConnector engines, HpcSite site)
{
    private static readonly TimeSpan ReloadLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReloadPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RestartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the restart may take: the node's service manager may give the engine all the time in the world.</summary>
    public TimeSpan RestartLimit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>What has the engine read its configuration again.</summary>
    public IReadOnlyList<string> ReloadCommand => site.Engine.Reload ?? site.Nodes.EngineAdministration.ReloadCommand;

    /// <summary>What restarts the engine.</summary>
    public IReadOnlyList<string> RestartCommand => site.Engine.Restart ?? site.Nodes.EngineAdministration.RestartCommand;

    /// <summary>By a signal.</summary>
    /// <param name="isRight">Whether the engine has it.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeCommandFailed"/>, <see cref="ErrorId.NodeTimeout"/>, <see cref="ErrorId.EngineTimeout"/>.
    /// </exception>
    public Task ReloadAsync(Func<EngineDetails, bool> isRight, CancellationToken cancellationToken) => Phase.ReloadEngine.RunAsync(
        async () =>
        {
            await RunAsync(ReloadCommand, ReloadLimit, cancellationToken);
            await AnswersAsync(isRight, ReloadPatience, cancellationToken);
        },
        connection.Node);

    /// <summary>By a restart, which is not interrupted.</summary>
    /// <param name="file">The engine's configuration, which is the new one.</param>
    /// <param name="marker">The mark of the change.</param>
    /// <param name="back">What an engine that ran before has again when it does not start; null for one that did not run.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public Task<RestartResult> RestartAsync(string file, string marker, EngineWayBack? back) =>
        new EngineRestart(connection, RestartCommand, RestartLimit).RunAsync(file, marker, back);

    /// <summary>Waits until a restarted engine answers.</summary>
    /// <param name="isRight">Whether it has its configuration.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineTimeout"/>.</exception>
    public Task StartedAsync(Func<EngineDetails, bool> isRight, CancellationToken cancellationToken) =>
        AnswersAsync(isRight, RestartPatience, cancellationToken);

    /// <summary>Whether the engine answers now.</summary>
    public async Task<bool> IsUpAsync()
    {
        try
        {
            return await TimedEngineRequest.AskAsync(
                engines,
                connection.Node,
                async (engine, stopping) => await engine.DescribeAsync(stopping) is not null,
                TimedEngineRequest.Limit,
                CancellationToken.None);
        }
        catch (HpcException)
        {
            return false;
        }
    }

    private async Task RunAsync(IReadOnlyList<string> command, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            var result = await connection.RunAsync(command, default, limit.Token);
            if (result.ExitCode != 0)
            {
                var said = Quote.Words($"{result.Text.Trim()} {result.Error}");
                throw Failed(ErrorId.NodeCommandFailed, command, $"ended with {result.ExitCode}: {said}");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(ErrorId.NodeTimeout, command, $"did not end within {patience.TotalSeconds:0.#} s");
        }
    }

    private HpcException Failed(ErrorId id, IReadOnlyList<string> command, string how) =>
        new(id, $"{Quote.Of(string.Join(' ', command))} {how}.", connection.Node);

    /// <summary>
    /// Waits until the engine answers as it should. It has an event for a reload, and none for one that it refused: its log alone tells of
    /// that, so that its own answers are what there is to wait for.
    /// </summary>
    private async Task AnswersAsync(Func<EngineDetails, bool> isRight, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var last = "it says nothing";
        try
        {
            while (true)
            {
                try
                {
                    var engine = await engines.ConnectAsync(connection.Node, limit.Token);
                    if (isRight(await engine.DescribeAsync(limit.Token)))
                    {
                        return;
                    }

                    last = "it answers, and has not taken up what the file says: see its log for the reason";
                }
                catch (HpcException failure) when (failure.Id is ErrorId.EngineUnavailable or ErrorId.EngineTimeout)
                {
                    last = failure.Message;
                }

                await Task.Delay(Poll, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HpcException(ErrorId.EngineTimeout, $"within {patience.TotalSeconds:0} s {last}.", connection.Node);
        }
    }
}
