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
        try
        {
            changed = await RemoveContainersAsync(node, jobId, grace, evidence, cancellationToken);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.JobOfAnotherUser)
        {
            isAnothers = true;
            throw;
        }
        finally
        {
            changed |= !isAnothers
                && await Phase.RemoveAccess.RunAsync(
                    () => RemoveAccessAsync(node, jobId, directory, grace, cancellationToken), node, jobId);
        }

        // A caller killed while the engine worked on its request leaves a container that appears after the first look.
        return changed | await RemoveContainersAsync(node, jobId, grace, evidence, cancellationToken);
    }

    /// <summary>
    /// Stops and removes containers of a job on one node, once they told what they know. A static environment's, into which it is placed,
    /// is none of its.
    /// </summary>
    /// <param name="evidence">As for <see cref="CleanAsync"/>.</param>
    /// <returns>Whether one was there.</returns>
    internal static async Task<bool> RemoveAsync(
        IContainerEngine engine,
        IReadOnlyList<EngineContainer> containers,
        TimeSpan grace,
        EndEvidence? evidence,
        CancellationToken cancellationToken)
    {
        containers = [.. containers.Where(container => !PlacedJob.IsPlaced(container))];
        await (evidence?.GatherAsync(engine, containers, cancellationToken) ?? Task.CompletedTask);
        var changed = false;
        foreach (var container in containers)
        {
            if (grace > TimeSpan.Zero && container.State is ContainerState.Running)
            {
                await engine.StopAsync(container.Id, grace, cancellationToken);
            }

            changed |= await engine.RemoveAsync(container.Id, cancellationToken);
        }

        return changed;
    }

    /// <summary>
    /// What the job has in a static environment's container, which stays; and its directory. An earlier run of its id may have had the one
    /// that a container of its own has.
    /// </summary>
    private async Task<bool> RemoveAccessAsync(
        string node, string jobId, string directory, TimeSpan grace, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        var placed = await new PlacedJobs(connection, cluster.RunDirectory)
            .RemoveAsync(jobId, Owner, identity: null, grace, cancellationToken);
        var changed = placed is not null;
        string[] directories = [directory, JobDirectory.PathOf(cluster.RunDirectory, jobId)];
        foreach (var path in directories.Distinct().Where(path => path != placed))
        {
            changed |= await JobDirectory.RemoveAsync(connection, path, identity: null, Owner, cancellationToken);
        }

        return changed;
    }

    private Task<bool> RemoveContainersAsync(
        string node, string jobId, TimeSpan grace, EndEvidence? evidence, CancellationToken cancellationToken) =>
        Phase.RemoveContainers.RunAsync(() => RemoveEachAsync(node, jobId, grace, evidence, cancellationToken), node, jobId);

    private async Task<bool> RemoveEachAsync(
        string node, string jobId, TimeSpan grace, EndEvidence? evidence, CancellationToken cancellationToken)
    {
        var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
        var containers = await engine.ListAsync(ContainerLabels.Filter(jobId), cancellationToken);
        JobOwnership.Require(jobId, Owner, node, containers);
        return await RemoveAsync(engine, containers, grace, evidence, cancellationToken);
    }
}
