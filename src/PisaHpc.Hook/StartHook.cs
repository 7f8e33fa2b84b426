using PisaHpc.Access.Agent;
using PisaHpc.Adapters;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Batch;
using PisaHpc.Batch.Slurm;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Jobs;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Hook;

/// <summary>Starts the job that the process is part of.</summary>
/// <param name="taken">Told what of it is taken back where it is interrupted.</param>
internal sealed class StartHook(HpcSite site, Cluster cluster, HookLog log, TakenBack taken)
{
    /// <summary>How long the batch system may take to tell all of a job.</summary>
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(10);

    /// <summary>Starts it on all of its nodes or on none. One that runs already is left as it is.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="HpcException">Why nothing could be begun.</exception>
    public async Task<int> RunAsync(HookOptions options, JobEnvironment environment, CancellationToken cancellationToken)
    {
        var allocation = await AllocationOfAsync(environment, cancellationToken);
        RequireOwner(allocation, options.Owner);
        var area = site.RequirePortArea();
        var wanted = EnvironmentResolver.Resolve(site, options.Environment, allocation.Queue, EnvironmentLayer.Empty);
        var request = new JobRequest
        {
            Containers = new AllocationPlanRequest
            {
                Allocation = allocation,
                Environment = wanted,
                PortArea = area.Path,
                Place = JobPlace.Of(site, wanted),
                // It lies beside this program.
                Agent = AgentProgram.In(AppContext.BaseDirectory)?.PlaceIn(site.RunDirectory),
            },
            RunDirectory = site.RunDirectory,
            TimeToLive = area.TimeToLive,
            ForUser = options.Owner,
            AskMemory = SiteJobMemory.Of(site, allocation, wanted),
        };
        var starter = new JobStarter(cluster, new Ed25519KeyGenerator(), PortArea.Of(area, log.Warn))
        {
            Recorder = JobRecorder.Of(site, "pisahpc-hook start", log.Warn),
            Warn = log.Warn,
            TakenBack = taken,
        };
        var rule = allocation.BatchSystem == site.Batch.System ? site.Batch.Drain : null;
        var broken = new BrokenNodes(site, rule, cluster, log, (node, why, stopping) => DrainAsync(rule!, node, why, stopping));
        try
        {
            await starter.StartAsync(request, job => HandOver(request, job, cancellationToken), cancellationToken);
        }
        catch (HpcException failure)
        {
            log.Fail(failure);

            // Whoever asks why has it also where the counting does not come to its end.
            HookRun.WriteReason(options, log);
            await broken.CountAsync(allocation.JobId, allocation.Owner.Uid, allocation.Nodes.Count, failure, cancellationToken);
            return HookExit.Of(failure, allocation.Nodes.Count);
        }

        await broken.ForgetAsync(allocation.Nodes.Select(node => node.Name), cancellationToken);
        return HookExit.Done;
    }

    /// <summary>Asks the batch system's own programs to; a site with such a rule has Slurm.</summary>
    private Task<DrainOutcome> DrainAsync(DrainRule rule, string node, string why, CancellationToken cancellationToken) =>
        SiteBatchSystem.AtAsync(
            site,
            host: null,
            AskLimit,
            (connection, stopping) => new SlurmDrain(connection, site.Batch.Cluster, rule.PerHour).DrainAsync(node, why, stopping),
            cancellationToken);

    private async Task<HpcAllocation> AllocationOfAsync(JobEnvironment environment, CancellationToken cancellationToken) =>
        AllocationReader.FindJobToldInPart(environment) is { } jobId
            ? await SiteBatchSystem.AskAsync(
                site,
                Scheduler.Slurm,
                host: null,
                AskLimit,
                (batch, stopping) => batch.GetAllocationAsync(jobId, owner: null, stopping),
                cancellationToken)
            : site.Batch.Named(AllocationReader.Read(environment));

    private static void RequireOwner(HpcAllocation allocation, string? owner)
    {
        if (owner is not null && allocation.Owner.Name != owner)
        {
            throw new HpcException(
                ErrorId.JobOfAnotherUser,
                $"Job {allocation.JobId} is {allocation.Owner.Name}'s, and is to be started for {owner}: nothing was begun.",
                allocation.JobId);
        }
    }

    /// <summary>From here on the job is the batch system's; who was stopped before takes it back.</summary>
    private Task HandOver(JobRequest request, HpcJob job, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var nodes = HostList.Fold(job.Nodes.Select(node => node.Name));
        log.Done($"job {job.JobId} runs on {nodes}, environment {job.Environment}, port {job.Port}{(job.Changed ? "" : ", as before")}");
        if (request.DifferencesOf(job) is { Count: > 0 } differences)
        {
            log.Warn($"job {job.JobId} ran already and was left as it is: {string.Join("; ", differences)}");
        }

        return Task.CompletedTask;
    }
}
