using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>
/// Finds jobs that were placed into static environments' containers, by their agents: each says on its command line what the labels of a
/// container of the job's own would say.
/// </summary>
internal static class PlacedJobs
{
    /// <summary>The agent's option before a label.</summary>
    public const string LabelOption = "--label";

    private static readonly NodeScript Script = NodeScript.Of("Containers/placed-agents.sh");

    /// <summary>Lists the jobs that are placed on a node.</summary>
    /// <returns>
    /// For each the container that it is in, with the job's labels instead of the container's own but for the static environment's name.
    /// </returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>; the ids of the connection and of the engine.</exception>
    public static async Task<IReadOnlyList<EngineContainer>> ListAsync(
        INodeConnection connection, IContainerEngine engine, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(Script.Command(), default, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"Node {connection.Node} did not say which jobs are placed there: {Quote.Words(result.Error)}",
                connection.Node);
        }

        var jobs = new Dictionary<string, EngineContainer>(StringComparer.Ordinal);
        var blocks = result.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        foreach (var agent in blocks.Select(PlacedAgent.Parse).OfType<PlacedAgent>())
        {
            // The processes of an agent's sessions look like the agent.
            if (!jobs.ContainsKey(agent.JobId)
                && await engine.FindAsync(agent.Container, cancellationToken) is { } container
                && container.Labels.TryGetValue(ContainerLabels.Static, out var name))
            {
                var labels = new Dictionary<string, string>(agent.Labels, StringComparer.Ordinal) { [ContainerLabels.Static] = name };
                jobs[agent.JobId] = container with { Labels = labels, CreatedAt = agent.StartedAt };
            }
        }

        return [.. jobs.Values];
    }

    /// <summary>The container of a job on a node in which its processes run: one of its own, or the one that it is placed into.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.JobNotFound"/>: none runs there.</exception>
    public static async Task<EngineContainer> RunningOnAsync(
        INodeConnector nodes, IEngineConnector engines, string jobId, string node, CancellationToken cancellationToken)
    {
        var engine = await engines.ConnectAsync(node, cancellationToken);
        var own = await engine.ListAsync(ContainerLabels.Filter(jobId), cancellationToken);
        if (own.FirstOrDefault(IsRunning) is { } container)
        {
            return container;
        }

        var placed = await ListAsync(await nodes.ConnectAsync(node, cancellationToken), engine, cancellationToken);
        return placed.FirstOrDefault(one => one.Labels[ContainerLabels.Job] == jobId && IsRunning(one)) ?? throw new HpcException(
            ErrorId.JobNotFound, $"No container of job {jobId} runs on {node}.", node, $"See what became of it: Get-HpcJob '{jobId}'.");
    }

    private static bool IsRunning(EngineContainer container) => container.State == ContainerState.Running;

    /// <summary>A job's agent in a static environment's container.</summary>
    /// <param name="Container">The container's id.</param>
    /// <param name="StartedAt">When it began to listen.</param>
    /// <param name="JobId">The job.</param>
    /// <param name="Labels">What it says of the job.</param>
    private sealed record PlacedAgent(
        string Container, DateTimeOffset StartedAt, string JobId, IReadOnlyDictionary<string, string> Labels)
    {
        /// <summary>
        /// Reads a line with container and time, and the agent's arguments below it; null for an agent that names no job.
        /// </summary>
        public static PlacedAgent? Parse(string block)
        {
            var lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines[0].Split(' ') is not [var container, var seconds]
                || !long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var time))
            {
                return null;
            }

            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (option, value) in lines.Skip(1).TakeWhile(line => line != "--").Zip(lines.Skip(2)))
            {
                var end = value.IndexOf('=', StringComparison.Ordinal);
                if (option == LabelOption && end > 0)
                {
                    labels[value[..end]] = value[(end + 1)..];
                }
            }

            return labels.TryGetValue(ContainerLabels.Job, out var jobId)
                ? new PlacedAgent(container, DateTimeOffset.FromUnixTimeSeconds(time), jobId, labels)
                : null;
        }
    }
}
