using PisaHpc.Access.Agent;
using PisaHpc.Adapters.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Jobs;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Module.Base;

/// <summary>A job that is in a static environment's containers for as long as something of a cmdlet's runs in it.</summary>
/// <param name="agent">The program of the agent; null where the module has none.</param>
/// <param name="warn">Told of what the job goes without, and of what is left of it.</param>
internal sealed class PlacedRun(NodeCmdlet cmdlet, AgentProgram? agent, Action<string> warn)
{
    /// <summary>How long each node may take to be cleaned when the run is over: the caller's own time may be.</summary>
    private static readonly TimeSpan CleanLimit = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Places an allocation's job, does the work, and takes the job away, however that ends. In a job that is placed there already the work
    /// is done, and it stays; any other of that id is not touched.
    /// </summary>
    /// <param name="name">The static environment.</param>
    /// <exception cref="HpcException">
    /// The ids of <see cref="JobStarter"/>; <see cref="ErrorId.StaticNotFound"/>; <see cref="ErrorId.StaticNotReady"/>: no environment of
    /// the site has its jobs placed there; <see cref="ErrorId.PlanConflict"/>: something of a job of that id is there, and is not that.
    /// </exception>
    public async Task RunAsync(HpcAllocation allocation, string name, Func<HpcJob, Task> work, CancellationToken cancellationToken)
    {
        var site = cmdlet.RequiredSite;
        var area = PortArea.Of(cmdlet.RequiredPorts, warn);
        var environment = EnvironmentResolver.Resolve(site, EnvironmentIn(site, name), queue: null, EnvironmentLayer.Empty);
        var request = new JobRequest
        {
            Containers = new AllocationPlanRequest
            {
                Allocation = site.Batch.Named(allocation),
                Environment = environment,
                PortArea = area.Path,
                Agent = agent?.PlaceIn(site.RunDirectory),
                Place = JobPlace.Of(site, environment),
            },
            RunDirectory = site.RunDirectory,
            TimeToLive = cmdlet.RequiredPorts.TimeToLive,
            OnlyNew = true,
        };
        if (area.Find(request.Allocation.JobId) is not null)
        {
            await work(await FindAsync(request, area, cancellationToken));
            return;
        }

        (HpcJob? job, JobPort? lease) = (null, null);
        try
        {
            var starter = new JobStarter(cmdlet.Cluster, new Ed25519KeyGenerator(), area)
            {
                Recorder = cmdlet.Recorder,
                Warn = warn,
                TakenBack = cmdlet.TakenBack,
            };
            await starter.StartAsync(request, Take, cancellationToken);
            await work(job!);
        }
        finally
        {
            await (job is { Changed: true } ? StopAsync(job, lease, area, site.RunDirectory) : Task.CompletedTask);
        }

        Task Take(HpcJob started)
        {
            (job, lease) = (started, area.Find(started.JobId));
            return Task.CompletedTask;
        }
    }

    private static string EnvironmentIn(HpcSite site, string name) =>
        site.Environments.FirstOrDefault(environment => environment.Value.Static?.Value == site.StaticNamed(name).Name).Key
        ?? throw new HpcException(
            ErrorId.StaticNotReady,
            $"No environment of the site has its jobs placed into static environment {name}, whose containers see no job's directory.",
            name,
            $"Give the site an environment with static: {name}, then run Sync-HpcEnvironment {name}.");

    /// <summary>A job that runs, on the allocation's nodes and with its slots, where it would be placed.</summary>
    private async Task<HpcJob> FindAsync(JobRequest request, PortArea area, CancellationToken cancellationToken)
    {
        var found = await new JobFinder(cmdlet.Cluster, area).FindAsync([request.Allocation.JobId], [], cancellationToken);
        return found is [var job] && job.Static == request.Environment.Static && job.State == nameof(JobState.Running)
            && request.DifferencesOf(job).Count == 0
            ? job
            : throw JobStarter.AlreadyThere(request.Allocation.JobId);
    }

    private async Task StopAsync(HpcJob job, JobPort? lease, PortArea area, string runDirectory)
    {
        var cluster = cmdlet.Cluster with
        {
            NodeTimeout = CleanLimit,
            Failed = failure => warn($"Something of job {job.JobId} is left on {failure.Node}: {failure.Message}"),
        };
        var request = new JobStopRequest { Job = job, RunDirectory = runDirectory, Lease = lease };
        var stopped = await new JobStopper(cluster, area) { Recorder = cmdlet.Recorder, TakenBack = cmdlet.TakenBack }
            .StopAsync(request, _ => { }, CancellationToken.None);
        if (!stopped.Changed)
        {
            warn($"Job {job.JobId} was stopped by somebody else meanwhile, and what has its id now is left as it is.");
        }
    }
}
