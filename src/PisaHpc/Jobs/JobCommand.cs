using System.Diagnostics;
using System.Globalization;
using PisaHpc.Access.Agent;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Jobs;

/// <summary>
/// Runs a command in a job's container on one node, as the job's user, by the container's agent. It ends with its caller: what the agent
/// started goes with the client that asked for it.
/// </summary>
public sealed class JobCommand(Cluster cluster)
{
    /// <summary>Finds the container in which a command is to run.</summary>
    /// <param name="anyNode">A node of the job.</param>
    /// <param name="node">The node that is wanted; null for the job's first.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobNotFound"/>: no container of the job runs there; <see cref="ErrorId.InvalidValue"/>: the node is not the
    /// job's; <see cref="ErrorId.AgentMissing"/>: the container has no agent.
    /// </exception>
    public async Task<JobCommandPlace> FindAsync(string jobId, string anyNode, string? node, CancellationToken cancellationToken)
    {
        var known = await PlacedJobs.RunningOnAsync(cluster, jobId, anyNode, cancellationToken);
        var all = ContainerLabels.NodesOf(known);
        var wanted = node ?? all[0].Name;
        if (all.All(candidate => candidate.Name != wanted))
        {
            throw new HpcException(ErrorId.InvalidValue, $"Node {wanted} is not one of job {jobId}: {SlotMap.Format(all)}.", wanted);
        }

        var container = wanted == anyNode ? known : await PlacedJobs.RunningOnAsync(cluster, jobId, wanted, cancellationToken);
        return ContainerLabels.ToHpcContainer(wanted, container).GetAccess().Agent is { } agent
            ? new JobCommandPlace(jobId, wanted, agent)
            : throw new HpcException(
                ErrorId.AgentMissing, $"Container {container.Name} of job {jobId} on {wanted} was started without an agent.", wanted);
    }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="output">Takes lines as they arrive; while it does, the command may be held up.</param>
    /// <param name="cancellationToken">Ends the command, with all that it started.</param>
    /// <returns>How it ended, and why that is a failure; null when it is none.</returns>
    /// <exception cref="HpcException">The connection's failures.</exception>
    public async Task<(HpcJobResult Result, HpcException? Failure)> RunAsync(
        JobCommandRequest request, Func<HpcJobOutput, Task> output, CancellationToken cancellationToken)
    {
        var (place, clock, started) = (request.Place, Stopwatch.StartNew(), DateTimeOffset.UtcNow);
        var connection = await cluster.Nodes.ConnectAsync(place.Node, cancellationToken);
        await using var process = await connection.StartAsync(
            place.Agent.CommandIn(request.WorkingDirectory, [request.Command, .. request.Arguments]), cancellationToken);
        await process.Input.DisposeAsync();
        var last = "";
        await Task.WhenAll(
            ReadAsync("stdout", process.Output),
            ReadAsync("stderr", process.Error));
        var code = await process.WaitAsync(cancellationToken);
        var result = new HpcJobResult
        {
            JobId = place.JobId,
            Node = place.Node,
            Command = ShellQuoting.Join([request.Command, .. request.Arguments]),
            ExitCode = code,
            StartedAt = started,
            DurationSec = Math.Round(clock.Elapsed.TotalSeconds, 3),
        };
        return (result, code == 0 ? null : Failure(request, code, last));

        async Task ReadAsync(string name, Stream stream)
        {
            await foreach (var lines in OutputLines.ReadAsync(stream, cancellationToken))
            {
                last = name == "stderr" ? lines[^1] : last;
                foreach (var line in lines)
                {
                    await output(new HpcJobOutput(place.JobId, place.Node, name, line, DateTimeOffset.UtcNow));
                }
            }
        }
    }

    /// <summary>What the client says of itself stands on its last line: it has nothing to say when the command ended by itself.</summary>
    private static HpcException Failure(JobCommandRequest request, int code, string last)
    {
        const string Client = "pisahpc-run: ";
        var why = last.StartsWith(Client, StringComparison.Ordinal) ? $" ({Quote.Words(last[Client.Length..])})" : "";
        return new HpcException(
            ErrorId.CommandFailed,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Job {request.Place.JobId}: {Quote.Of(request.Command)} ended on {request.Place.Node} with exit code {code}{why}."),
            request.Place.Node);
    }
}

/// <summary>A job's container in which commands run.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Node">The container's node.</param>
/// <param name="Agent">Its agent.</param>
public sealed record JobCommandPlace(string JobId, string Node, JobAgent Agent);

/// <summary>A command to run in a job's container.</summary>
public sealed record JobCommandRequest
{
    /// <summary>Where.</summary>
    public required JobCommandPlace Place { get; init; }

    /// <summary>The program, as the container knows it.</summary>
    public required string Command { get; init; }

    /// <summary>Its arguments, passed as they are.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The working directory in the container; null for the user's home.</summary>
    public string? WorkingDirectory { get; init; }
}

/// <summary>A line that a command in a job's container wrote.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Node">The node on which it ran.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">The line without its line end; of a line above 1 MiB a piece.</param>
/// <param name="Time">When the line arrived, in UTC.</param>
public sealed record HpcJobOutput(string JobId, string Node, string Stream, string Text, DateTimeOffset Time)
{
    /// <summary>The line.</summary>
    public override string ToString() => Text;
}

/// <summary>How a command in a job's container ended.</summary>
public sealed record HpcJobResult
{
    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The node on which it ran.</summary>
    public required string Node { get; init; }

    /// <summary>The program and its arguments, as a shell would take them.</summary>
    public required string Command { get; init; }

    /// <summary>Whether it ended with 0.</summary>
    public bool Succeeded => ExitCode == 0;

    /// <summary>The exit code; 128 + n when signal n ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>When it was asked for, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took, the way there included, in seconds.</summary>
    public required double DurationSec { get; init; }

    /// <summary>The job, and how its command ended.</summary>
    public override string ToString() => $"job {JobId} on {Node}: {Command} ended with {ExitCode}";
}
