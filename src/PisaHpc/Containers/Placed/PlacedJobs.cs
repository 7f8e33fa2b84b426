using System.Globalization;
using System.Text;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers.Placed;

/// <summary>
/// What a node has of jobs that are placed into static environments' containers. Root writes it down before anything of a job is there, in
/// a directory that no container has, and takes it away last: who was killed in between leaves what the next one goes on from.
/// </summary>
/// <param name="connection">The node, as root.</param>
/// <param name="runDirectory">The site's directory for jobs.</param>
internal sealed class PlacedJobs(INodeConnection connection, string runDirectory)
{
    private const int Refused = 70;
    private const int Absent = 71;
    private const int Drained = 75;
    private const int PortInUse = 76;
    private const int AnothersJob = 77;

    private static readonly NodeScript ListScript = NodeScript.Of("Containers/Placed/placed-list.sh");
    private static readonly NodeScript ClaimScript = NodeScript.Of("Containers/Placed/placed-claim.sh");
    private static readonly NodeScript ConfirmScript = NodeScript.Of("Containers/Placed/placed-confirm.sh");
    private static readonly NodeScript EndScript = NodeScript.Of("Containers/Placed/placed-end.sh");

    /// <summary>The file in which a node has written down that a job is placed there.</summary>
    /// <param name="runDirectory">The site's directory for jobs.</param>
    public static string RecordOf(string runDirectory, string jobId) =>
        $"{runDirectory.TrimEnd('/')}/.placed/{JobIds.FileName(jobId)}";

    /// <summary>Those of a cluster's node.</summary>
    public static async Task<PlacedJobs> OnAsync(Cluster cluster, string node, CancellationToken cancellationToken) =>
        new(await cluster.Nodes.ConnectAsync(node, cancellationToken), cluster.RunDirectory);

    /// <summary>Lists them.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>; the ids of the connection.</exception>
    public async Task<IReadOnlyList<PlacedJob>> ListAsync(CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(ListScript.Command(runDirectory), default, cancellationToken);
        var lines = result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var jobs = lines.SkipLast(1).Chunk(2).Where(job => job.Length == 2);
        return result.ExitCode == 0 && lines is [.., "end"]
            ? [.. jobs.Select(job => PlacedJob.Parse(job[0], job[1])).OfType<PlacedJob>()]
            : throw Failed("did not say which jobs are placed there", result);
    }

    /// <summary>The container of a job on a node in which its processes run: one of its own, or the one that it is placed into.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.JobNotFound"/>: none runs there.</exception>
    public static async Task<EngineContainer> RunningOnAsync(
        Cluster cluster, string jobId, string node, CancellationToken cancellationToken)
    {
        var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
        var own = await engine.ListAsync(ContainerLabels.Filter(jobId), cancellationToken);
        if (own.FirstOrDefault(container => container.State == ContainerState.Running) is { } running)
        {
            return running;
        }

        var placed = await (await OnAsync(cluster, node, cancellationToken)).ListAsync(cancellationToken);
        return placed.FirstOrDefault(one => one.JobId == jobId && one.HasAgent)?.ToContainer() ?? throw new HpcException(
            ErrorId.JobNotFound, $"No container of job {jobId} runs on {node}.", node, $"See what became of it: Get-HpcJob '{jobId}'.");
    }

    /// <summary>Writes a job down before anything of it is there: whoever stops it finds all of it by that.</summary>
    /// <param name="container">The container into which it is about to be placed.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.StaticDrained"/>: the container is being drained or replaced; <see cref="ErrorId.PortInUse"/>: a job is written
    /// down that has the port; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public async Task ClaimAsync(HpcContainerPlan plan, EngineContainer container, CancellationToken cancellationToken)
    {
        var (place, spec) = (plan.Place!, plan.GetSpec());
        var labels = new Dictionary<string, string>(spec.Labels, StringComparer.Ordinal)
        {
            [ContainerLabels.Static] = place.Definition.Name,
        };
        var result = await connection.RunAsync(
            ClaimScript.Command(
                runDirectory,
                JobIds.FileName(plan.JobId!),
                place.LoginDirectoryOn(connection.Node),
                container.Id,
                place.Mark.ToString(CultureInfo.InvariantCulture),
                plan.Directory,
                plan.Owner),
            Encoding.UTF8.GetBytes(new PlacedRecord(plan.Image, labels).ToJson() + "\n"),
            cancellationToken);
        if (result.ExitCode == Drained)
        {
            throw new HpcException(
                ErrorId.StaticDrained,
                $"Container {container.Name} on {connection.Node} takes no job now: {Quote.Words(result.Error)}.",
                connection.Node);
        }

        if (result.ExitCode == PortInUse)
        {
            throw new HpcException(
                ErrorId.PortInUse,
                $"Job {plan.JobId} cannot have port {place.Port} on {connection.Node}: {Quote.Words(result.Error)}.",
                connection.Node,
                "Have what is left of that job taken away: Clear-HpcOrphan.");
        }

        if (result.ExitCode != 0)
        {
            throw Failed($"has no place for job {plan.JobId} in {container.Name}", result);
        }
    }

    /// <summary>Writes down which process is the job's agent.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotReady"/>: it has ended by now; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public async Task<AgentProcess> ConfirmAsync(string jobId, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(ConfirmScript.Command(runDirectory, JobIds.FileName(jobId)), default, cancellationToken);
        return (result.ExitCode, result.Text.Trim().Split(' ')) switch
        {
            (0, [var process, var ticks]) => new AgentProcess(process, ticks),
            (Absent, _) => throw new HpcException(
                ErrorId.ContainerNotReady, $"The agent of job {jobId} on {connection.Node} ended as soon as it listened.", connection.Node),
            _ => throw Failed($"did not say which process is the agent of job {jobId}", result),
        };
    }

    /// <summary>
    /// Takes a job out of the container that it is placed into, which goes on: all of its processes, its directory, and what is written
    /// down of it. Nothing where it is not placed there.
    /// </summary>
    /// <param name="owner">The user for whom alone, by login name; null for whoever's it is.</param>
    /// <param name="identity">As <see cref="PlacedJob.Identity"/>, where that run alone is meant; null for whichever.</param>
    /// <param name="grace">How long its processes may take after TERM.</param>
    /// <returns>Its directory, which is gone; null where it was not placed there.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobOfAnotherUser"/>: nothing was touched; <see cref="ErrorId.NodeCommandFailed"/>, as for processes that do not
    /// end: a later time finishes it.
    /// </exception>
    public async Task<string?> RemoveAsync(
        string jobId, string? owner, string? identity, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (await EndAsync(jobId, owner, identity, grace, forget: false, cancellationToken) is not { } directory)
        {
            return null;
        }

        await JobDirectory.RemoveAsync(connection, directory, identity: null, owner, cancellationToken);

        // An agent that was being started meanwhile has no directory to listen in from here on, or is found now.
        await EndAsync(jobId, owner, identity, TimeSpan.Zero, forget: true, cancellationToken);
        return directory;
    }

    private async Task<string?> EndAsync(
        string jobId, string? owner, string? identity, TimeSpan grace, bool forget, CancellationToken cancellationToken)
    {
        var seconds = Math.Ceiling(grace.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var script = EndScript.Command(
            runDirectory, JobIds.FileName(jobId), owner ?? "", seconds, identity ?? "", forget ? "forget" : "");
        var result = await connection.RunAsync(script, default, cancellationToken);
        return result.ExitCode switch
        {
            0 => result.Text.Trim() is { Length: > 0 } directory ? directory : null,
            AnothersJob => throw new HpcException(
                ErrorId.JobOfAnotherUser,
                $"Node {connection.Node}: {Quote.Words(result.Error)}: nothing of it is touched.",
                jobId),
            _ => throw Failed($"did not end job {jobId}", result),
        };
    }

    private HpcException Failed(string what, NodeCommandResult result) => new(
        ErrorId.NodeCommandFailed,
        result.ExitCode == Refused
            ? $"Node {connection.Node}: {Quote.Words(result.Error)}."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Node {connection.Node} {what} (exit code {result.ExitCode}): {Quote.Words(result.Error)}"),
        connection.Node);
}

/// <summary>A job's agent as its node sees it.</summary>
/// <param name="Id">Its process id there.</param>
/// <param name="Ticks">When it began, in clock ticks after the boot (proc_pid_stat(5), starttime): with the id, no other process.</param>
internal sealed record AgentProcess(string Id, string Ticks);
