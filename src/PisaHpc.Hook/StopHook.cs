using PisaHpc.Access.Ssh;
using PisaHpc.Adapters;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Jobs;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Hook;

/// <summary>Takes jobs off their nodes.</summary>
internal sealed class StopHook(HpcSite site, Cluster cluster, HookLog log)
{
    private JobRecorder? Recorder => JobRecorder.Of(site, "pisahpc-hook stop", log.Warn);

    /// <summary>Stops the jobs that are named, or the one that the process is part of. What is gone already is success.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.AllocationNotFound"/>: no job is named and the process is part of none; <see cref="ErrorId.InvalidValue"/>.
    /// </exception>
    public async Task<int> RunAsync(HookOptions options, JobEnvironment environment, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> jobIds = options.JobIds.Count > 0
            ? [.. options.JobIds.Select(id => JobIds.Validate(id))]
            : [AllocationReader.FindJobId(environment) ?? throw AllocationReader.NoJob()];
        var area = site.PortArea is { } definition ? PortArea.Of(definition, log.Warn) : null;
        foreach (var jobId in jobIds)
        {
            try
            {
                await (options.Here is { } node
                    ? StopOnAsync(node, jobId, options, area, cancellationToken)
                    : StopAsync(jobId, options, environment, area, cancellationToken));
            }
            catch (HpcException failure)
            {
                log.Fail(failure);
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                log.Fail($"{ErrorId.InternalError}: job {jobId}: {bug}");
            }
        }

        return log.Failures == 0 ? HookExit.Done : HookExit.LeftBehind;
    }

    /// <summary>Takes what a node alone holds of a job; whoever starts or stops the whole of it comes first.</summary>
    private async Task StopOnAsync(
        string node, string jobId, HookOptions options, PortArea? area, CancellationToken cancellationToken)
    {
        var record = Recorder is { } recorder ? new StopRecord(recorder, jobId, cluster.Nodes) : null;
        using var hold = area?.Hold(jobId, JobStarter.DefaultRollbackLimit, cancellationToken);
        var changed = false;
        var failed = log.Failures;
        await cluster.OnEachAsync(
            [node],
            async (name, stopping) => changed = await new JobCleanup(cluster) { Owner = options.Owner }.CleanAsync(
                name, jobId, JobDirectory.PathOf(site.RunDirectory, jobId), options.Grace, stopping, record?.Evidence),
            cancellationToken);
        record?.Leave(hold);
        if (log.Failures == failed)
        {
            log.Done($"job {jobId} is stopped on {node}{(changed ? "" : ", as before")}");
        }
    }

    private async Task StopAsync(
        string jobId, HookOptions options, JobEnvironment environment, PortArea? area, CancellationToken cancellationToken)
    {
        var request = await new JobFinder(cluster, area).FindToStopAsync(
            jobId,
            [],
            () => AllocationReader.NodesOf(jobId, environment),
            () => HostList.Expand(site.Nodes.Names),
            site.RunDirectory,
            cancellationToken);
        var stopper = new JobStopper(cluster, area) { Recorder = Recorder };
        var job = await stopper.StopAsync(
            request with
            {
                ForUser = options.Owner,
                Grace = options.Grace,
                End = AllocationReader.FindEnd(jobId, environment),
                AskEnd = options.AskBatchSystem ? stopping => SiteJobEnd.FindAsync(site, jobId, stopping) : null,
            },
            stranger => log.Warn($"nothing says that job {jobId} was on {stranger.Node}, which could not be asked: {stranger.Message}"),
            cancellationToken);
        if (job.State == nameof(JobState.Stopped))
        {
            log.Done($"job {jobId} is stopped{(job.Changed ? "" : ", as before")}");
        }
        else
        {
            log.Fail($"job {jobId} is {job.State}: nodes that may hold something of it could not be asked");
        }
    }
}
