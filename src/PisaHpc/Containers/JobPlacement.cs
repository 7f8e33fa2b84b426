using System.Globalization;
using PisaHpc.Access.Agent;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// Places a job into a static environment's container on a node: the main process that a container of its own would have, its agent with
/// the sshd beside it, runs there as the job's user. All processes of the job are below that agent, which ends them when it is ended.
/// </summary>
internal static class JobPlacement
{
    /// <summary>The variable that marks every process of a placed job: its directory.</summary>
    private const string Mark = "PISAHPC_JOB";

    private const int Drained = 75;

    private static readonly NodeScript Script = NodeScript.Of("Containers/place-agent.sh");

    /// <summary>Starts the job's agent in the container. The job's directory stands already.</summary>
    /// <returns>The job's share of the container, by which it is waited for.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticNotReady"/>: the container takes no job; the ids of <see cref="JobPlace"/>, of <see cref="AgentPlace"/> and
    /// of <see cref="IExecutions"/>.
    /// </exception>
    public static async Task<HpcContainer> StartAsync(
        INodeConnection connection, IContainerEngine engine, HpcContainerPlan plan, CancellationToken cancellationToken)
    {
        var place = plan.Place!;
        var container = await place.FindAsync(engine, cancellationToken);
        var program = place.AgentOn(plan.Node, plan.AgentPlace!);
        if ((await connection.RunAsync(["test", "-x", program.File], default, cancellationToken)).ExitCode != 0)
        {
            await program.PutAsync(connection, cancellationToken);
        }

        var spec = plan.GetSpec();
        var command = Script.Command([plan.Directory, program.File, .. AgentArguments(spec)]);
        var request = new ExecutionRequest(command) { User = "0:0", Environment = Variables(spec, plan.Directory) };
        await using var start = await engine.Executions.StartAsync(container.Id, request, cancellationToken);
        await start.Input.DisposeAsync();
        using var error = new StreamReader(start.Error, leaveOpen: true);
        var words = await error.ReadToEndAsync(cancellationToken);
        var code = await start.WaitAsync(cancellationToken);
        return code == 0
            ? ContainerLabels.ToHpcContainer(plan.Node, container with { Labels = spec.Labels })
            : throw NotReady(place, plan.Node, code, words);
    }

    /// <summary>
    /// The arguments of the agent, as a container's main process has them; with whom it is to become, and with the labels by which a
    /// container would tell of the job.
    /// </summary>
    private static IEnumerable<string> AgentArguments(ContainerSpec spec)
    {
        var groups = string.Join(',', spec.Groups.Select(group => group.ToString(CultureInfo.InvariantCulture)));
        return
        [
            .. spec.Command.Skip(1).Take(2),
            "--user", groups.Length > 0 ? $"{spec.User}:{groups}" : spec.User,
            .. spec.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)
                .SelectMany(label => new[] { PlacedJobs.LabelOption, $"{label.Key}={label.Value}" }),
            .. spec.Command.Skip(3),
        ];
    }

    private static Dictionary<string, string> Variables(ContainerSpec spec, string directory) =>
        new(spec.Environment, StringComparer.Ordinal) { [Mark] = directory };

    private static HpcException NotReady(JobPlace place, string node, int code, string words)
    {
        var (container, name) = (place.Container, place.Definition.Name);
        return code == Drained
            ? new HpcException(
                ErrorId.StaticNotReady,
                $"Container {container} on {node} takes no job: it is kept free of new logins ({Quote.Words(words)}).",
                node,
                $"Submit again when it is done; who drains it: Get-HpcContainerLog -Static {name} -Node {node}.")
            : new HpcException(
                ErrorId.StaticNotReady,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"No job could be placed into container {container} on {node} (exit code {code}): {Quote.Words(words)}"),
                node,
                $"Take up what is declared: Compare-HpcEnvironment {name} -Node {node}, then Sync-HpcEnvironment {name} -Node {node}.");
    }
}
