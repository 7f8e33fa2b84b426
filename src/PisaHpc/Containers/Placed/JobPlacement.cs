using System.Globalization;
using System.Text;
using PisaHpc.Access;
using PisaHpc.Access.Agent;
using PisaHpc.Access.Ssh;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers.Placed;

/// <summary>
/// Places a job into a static environment's container on a node: the main process that a container of its own would have, its agent with
/// the sshd beside it, runs there as the job's user, with the job's mark among its groups.
/// </summary>
/// <param name="plan">The job's part on the node.</param>
internal sealed class JobPlacement(INodeConnection connection, IContainerEngine engine, HpcContainerPlan plan, string runDirectory)
{
    /// <summary>What the agent and the sshd beside it say, a file of the job's.</summary>
    private const string Log = "agent.log";

    private const int LogTail = 5;

    private const int Drained = 75;

    private const int TimeIsUp = 75;

    private static readonly NodeScript Script = NodeScript.Of("Containers/Placed/place-agent.sh");

    private static readonly NodeScript Watch = NodeScript.Of("Containers/Placed/watch-agent.sh");

    private PlacedJobs Jobs => new(connection, runDirectory);

    /// <summary>Writes down that the job is about to be there.</summary>
    /// <exception cref="HpcException">The ids of <see cref="JobPlace.FindAsync"/> and of <see cref="PlacedJobs.ClaimAsync"/>.</exception>
    public async Task<EngineContainer> ClaimAsync(CancellationToken cancellationToken)
    {
        var container = await plan.Place!.FindAsync(engine, cancellationToken);
        await Jobs.ClaimAsync(plan, container, cancellationToken);
        return container;
    }

    /// <summary>Starts the job's agent in the container, whose job is written down and whose directory stands.</summary>
    /// <returns>The job's agent.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticNotReady"/> and <see cref="ErrorId.StaticDrained"/>: the container takes no job; the ids of
    /// <see cref="AgentPlace"/> and of <see cref="IExecutions"/>.
    /// </exception>
    public async Task<AgentProcess> StartAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        var program = plan.Place!.AgentOn(plan.Node, plan.AgentPlace!);
        if ((await connection.RunAsync(["test", "-x", program.File], default, cancellationToken)).ExitCode != 0)
        {
            await program.PutAsync(connection, cancellationToken);
        }

        var spec = plan.GetSpec();
        var port = plan.Place!.Port.ToString(CultureInfo.InvariantCulture);
        var request = new ExecutionRequest(Script.Command([plan.Directory, port, program.File, .. AgentArguments(spec)]))
        {
            User = "0:0",
            Environment = spec.Environment,
        };
        await using var start = await engine.Executions.StartAsync(container.Id, request, cancellationToken);
        await start.Input.DisposeAsync();
        using var error = new StreamReader(start.Error, leaveOpen: true);
        var words = await error.ReadToEndAsync(cancellationToken);
        var code = await start.WaitAsync(cancellationToken);
        return code == 0
            ? await Jobs.ConfirmAsync(plan.JobId!, cancellationToken)
            : throw await NotReadyAsync(code, words, cancellationToken);
    }

    /// <summary>Waits until the job's own way in works, as long as its agent lives.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotReady"/> with the last lines of the job's log; <see cref="ErrorId.PortInUse"/>.
    /// </exception>
    public async Task WaitAsync(EngineContainer container, AgentProcess agent, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromSeconds(Math.Max(1, plan.ReadyTimeoutSec));
        var access = ContainerLabels.ToHpcContainer(plan.Node, container with { Labels = plan.GetSpec().Labels }).GetAccess();
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var entered = access.TryAsync(new ContainerEntry(connection, engine, container.Id), limit, settled.Token);
        var seconds = limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        var ended = connection.RunAsync(Watch.Command(agent.Id, agent.Ticks, seconds), default, settled.Token);
        try
        {
            await Task.WhenAny(entered, ended);
            if (ended.IsCompleted && (await ended).ExitCode != TimeIsUp)
            {
                throw await NotReadyAsync("its agent has ended", cancellationToken);
            }

            if (await entered is { } refusal)
            {
                throw await NotReadyAsync(refusal, cancellationToken);
            }
        }
        finally
        {
            await settled.CancelAsync();
            await Task.WhenAll(entered, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// The arguments of the agent, as a container's main process has them; with whom it is to become, with what groups, and where its words
    /// go.
    /// </summary>
    private IEnumerable<string> AgentArguments(ContainerSpec spec)
    {
        var groups = spec.Groups.Append(plan.Place!.Mark).Select(group => group.ToString(CultureInfo.InvariantCulture));
        return
        [
            .. spec.Command.Skip(1).Take(2),
            "--user", $"{spec.User}:{string.Join(',', groups)}",
            "--log", $"{plan.Directory}/{Log}",
            .. spec.Command.Skip(3),
        ];
    }

    private async Task<HpcException> NotReadyAsync(int code, string words, CancellationToken cancellationToken)
    {
        var (container, name) = (plan.Place!.Container, plan.Place.Definition.Name);
        if (code == Drained)
        {
            return new HpcException(
                ErrorId.StaticDrained,
                $"Container {container} on {plan.Node} takes no job now: it is kept free of new logins ({Quote.Words(words)}).",
                plan.Node);
        }

        var log = await LogAsync(cancellationToken);
        return new HpcException(
            ErrorId.StaticNotReady,
            string.Create(
                CultureInfo.InvariantCulture, $"No job could be placed into container {container} on {plan.Node} (exit code {code}): ")
            + Quote.Words($"{words} {string.Join(" | ", log)}"),
            plan.Node,
            $"See what differs from what is declared: Compare-HpcEnvironment {name} -Node {plan.Node}; then Sync-HpcEnvironment.");
    }

    private async Task<HpcException> NotReadyAsync(string refusal, CancellationToken cancellationToken)
    {
        var log = await LogAsync(cancellationToken);

        // sshd's words (sshd.c): on the host network nobody but sshd finds out that the port is taken.
        return log.Any(line => line.EndsWith("failed: Address already in use.", StringComparison.Ordinal))
            ? new HpcException(
                ErrorId.PortInUse,
                $"Job {plan.JobId} could not have its port on {plan.Node}: something else listens on port {plan.Port} there.",
                plan.Node)
            : new HpcException(
                ErrorId.ContainerNotReady,
                $"Job {plan.JobId} in {plan.Place!.Container} on {plan.Node} did not become ready: {refusal}; "
                + (log.Count == 0 ? "its log is empty." : $"its log ends: {Quote.Words(string.Join(" | ", log))}."),
                plan.Node);
    }

    /// <summary>The last lines that the job's agent and sshd said: the user's file, of which nothing is believed.</summary>
    private async Task<IReadOnlyList<string>> LogAsync(CancellationToken cancellationToken)
    {
        var content = await JobDirectory.ReadAsync(connection, plan.Directory, [Log], cancellationToken);
        const StringSplitOptions Plain = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        return content?.Files.GetValueOrDefault(Log) is { } bytes
            ? [.. Encoding.UTF8.GetString(bytes).Split('\n', Plain).TakeLast(LogTail)]
            : [];
    }
}
