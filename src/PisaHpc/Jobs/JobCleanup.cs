using PisaHpc.Access.Ssh;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Jobs.Records;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs;

/// <summary>Takes a job off one node: what a rollback, a stop and a restart have in common. It can run any number of times.</summary>
public sealed class JobCleanup(Cluster cluster)
{
    /// <summary>The user for whom alone a job is taken off, by login name; null for whoever's it is.</summary>
    public string? Owner { get; init; }

    /// <summary>Told what was there.</summary>
    internal TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>
    /// Removes every container of the job, what it has in a container that stays, and the job's directory from a node. An engine that is
    /// down keeps its containers, and not the private keys.
    /// </summary>
    /// <param name="directory">The job's directory.</param>
    /// <param name="grace">How long a container may take after TERM.</param>
    /// <param name="evidence">Looks at the containers before they are stopped; null where nobody writes down what they tell.</param>
    /// <returns>Whether anything was there.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobOfAnotherUser"/>: there is a container that is not <see cref="Owner"/>'s, and nothing was touched.
    /// </exception>
    internal async Task<bool> CleanAsync(
        string node,
        string jobId,
        string directory,
        TimeSpan grace,
        CancellationToken cancellationToken,
        EndEvidence? evidence = null)
    {
        var (changed, isAnothers) = (false, false);

        // Programs that have time to end may log in meanwhile. Without that nobody needs the keys while the engine removes containers.
        var mayGo = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var access = RemoveKnownAccessAsync();
        Action known = grace > TimeSpan.Zero ? static () => { } : () => mayGo.TrySetResult(true);
        try
        {
            changed = await RemoveContainersAsync(node, jobId, grace, evidence, known, cancellationToken);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.JobOfAnotherUser)
        {
            isAnothers = true;
            throw;
        }
        finally
        {
            mayGo.TrySetResult(!isAnothers);
            changed |= await access;
        }

        // A caller killed while the engine worked on its request leaves a container that appears after the first look.
        return changed | await RemoveContainersAsync(node, jobId, grace, evidence, static () => { }, cancellationToken);

        async Task<bool> RemoveKnownAccessAsync() => await mayGo.Task && await Phase.RemoveAccess.RunAsync(
            () => RemoveAccessAsync(node, jobId, directory, grace, cancellationToken), node, jobId);
    }

    /// <summary>
    /// Stops and removes containers of a job on one node, once they told what they know. A static environment's, into which it is placed,
    /// is none of its.
    /// </summary>
    /// <param name="evidence">As for <see cref="CleanAsync"/>.</param>
    /// <returns>How many were there.</returns>
    internal static async Task<int> RemoveAsync(
        IContainerEngine engine,
        IReadOnlyList<EngineContainer> containers,
        TimeSpan grace,
        EndEvidence? evidence,
        CancellationToken cancellationToken)
    {
        containers = await ToldAsync(engine, containers, evidence, cancellationToken);
        return await RemoveToldAsync(engine, containers, grace, cancellationToken);
    }

    /// <summary>The job's own of some containers, once they told what they know.</summary>
    private static async Task<IReadOnlyList<EngineContainer>> ToldAsync(
        IContainerEngine engine, IReadOnlyList<EngineContainer> containers, EndEvidence? evidence, CancellationToken cancellationToken)
    {
        containers = [.. containers.Where(container => !PlacedJob.IsPlaced(container))];
        await (evidence?.GatherAsync(engine, containers, cancellationToken) ?? Task.CompletedTask);
        return containers;
    }

    private static async Task<int> RemoveToldAsync(
        IContainerEngine engine, IReadOnlyList<EngineContainer> containers, TimeSpan grace, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var container in containers)
        {
            if (grace > TimeSpan.Zero && container.State is ContainerState.Running)
            {
                await engine.StopAsync(container.Id, grace, cancellationToken);
            }

            removed += await engine.RemoveAsync(container.Id, cancellationToken) ? 1 : 0;
        }

        return removed;
    }

    /// <summary>
    /// The job's directory; and what the job has in a static environment's container, which stays. Few jobs are placed into one: the
    /// command that is made for every job says whether this is, whatever the site definition says by now. An earlier run of its id may have
    /// had the directory that a container of its own has.
    /// </summary>
    private async Task<bool> RemoveAccessAsync(
        string node, string jobId, string directory, TimeSpan grace, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        var (own, placed) = (JobDirectory.PathOf(cluster.RunDirectory, jobId), (string?)null);
        var record = PlacedJobs.RecordOf(cluster.RunDirectory, jobId);
        var removed = await JobDirectory.RemoveUnlessAsync(connection, own, record, Owner, cancellationToken);
        if (removed is null)
        {
            placed = await new PlacedJobs(connection, cluster.RunDirectory)
                .RemoveAsync(jobId, Owner, identity: null, grace, cancellationToken);
            removed = await JobDirectory.RemoveAsync(connection, own, identity: null, Owner, cancellationToken);
        }

        var changed = removed.Value || placed is not null;
        if (directory != own && directory != placed)
        {
            changed |= await JobDirectory.RemoveAsync(connection, directory, identity: null, Owner, cancellationToken);
        }

        TakenBack.AddKeys(WorkloadId.Job(jobId).ToString(), node, changed);
        return changed;
    }

    /// <param name="known">Called once it is known that the job may be touched, and what its containers tell.</param>
    private Task<bool> RemoveContainersAsync(
        string node, string jobId, TimeSpan grace, EndEvidence? evidence, Action known, CancellationToken cancellationToken) =>
        Phase.RemoveContainers.RunAsync(() => RemoveEachAsync(node, jobId, grace, evidence, known, cancellationToken), node, jobId);

    private async Task<bool> RemoveEachAsync(
        string node, string jobId, TimeSpan grace, EndEvidence? evidence, Action known, CancellationToken cancellationToken)
    {
        var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
        var containers = await engine.ListAsync(ContainerLabels.Filter(jobId), cancellationToken);
        JobOwnership.Require(jobId, Owner, node, containers);
        containers = await ToldAsync(engine, containers, evidence, cancellationToken);
        known();
        var removed = await RemoveToldAsync(engine, containers, grace, cancellationToken);
        TakenBack.AddContainers(WorkloadId.Job(jobId).ToString(), node, removed);
        return removed > 0;
    }
}
