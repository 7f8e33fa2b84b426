using System.Collections.Concurrent;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Posix;

namespace PisaHpc.Jobs;

/// <summary>
/// Starts a job on all of its nodes or on none. The lease comes first and names the nodes, so that whatever a killed caller leaves behind
/// can be found from the job's id alone. Its lock is kept until the job is handed over or taken back: nobody else starts or stops it
/// meanwhile.
/// </summary>
/// <param name="nodes">The nodes.</param>
/// <param name="engines">Their engines.</param>
/// <param name="keys">Makes the job's keys.</param>
/// <param name="ports">The port area.</param>
/// <param name="progress">Told of each step.</param>
public sealed class JobStarter(
    INodeConnector nodes, IEngineConnector engines, IJobKeyGenerator keys, PortArea ports, IProgress<JobStep> progress)
{
    private readonly JobCleanup _cleanup = new(nodes, engines);

    private const string NotStarted = "was not started";

    /// <summary>How long taking a job back from a node may last.</summary>
    public TimeSpan RollbackLimit { get; init; } = DefaultRollbackLimit;

    /// <summary>How long it may last unless somebody says otherwise.</summary>
    internal static TimeSpan DefaultRollbackLimit { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Says what a start would do, without changing anything.</summary>
    /// <param name="request">The job.</param>
    /// <param name="failed">Told of each node that stands in the way.</param>
    /// <param name="runs">Told of the job when it runs already, so that there is nothing to do.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <returns>The plans in the allocation's order; none for a job that runs already.</returns>
    /// <exception cref="HpcException">The first reason why the job could not start.</exception>
    public async Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(
        JobRequest request, Action<NodeFailure> failed, Func<HpcJob, Task> runs, CancellationToken cancellationToken)
    {
        if (await LookAsync(request, failed, runs, "was not planned", evenWhileBusy: true, cancellationToken) is not { } survey)
        {
            return [];
        }

        var image = await PlannedImage.AgreeAsync(engines, request.Environment.Image, survey.Images, cancellationToken);
        var port = ports.Predict(LeaseFor(request, survey)).Port;
        return PlansFor(request, survey, image, JobSshSetup.Predict(SshFor(request, port, JobSshSetup.NoKeys)));
    }

    /// <summary>The job that plans would make.</summary>
    /// <param name="request">The job.</param>
    /// <param name="plans">Its plans.</param>
    public static HpcJob Predict(JobRequest request, IReadOnlyList<HpcContainerPlan> plans) =>
        JobView.Started(request, plans, JobState.Planned);

    /// <summary>Starts the job.</summary>
    /// <param name="request">The job.</param>
    /// <param name="failed">Told of each node that failed, before what was started is taken back.</param>
    /// <param name="handOver">
    /// Gives the running job, unchanged when it ran already, to the caller; one that cannot be given is taken back.
    /// </param>
    /// <param name="cancellationToken">Interrupts; what was started is taken back first.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobRolledBack"/>, or the reason why nothing was begun, such as <see cref="ErrorId.JobBeingStarted"/>.
    /// </exception>
    public async Task StartAsync(
        JobRequest request, Action<NodeFailure> failed, Func<HpcJob, Task> handOver, CancellationToken cancellationToken)
    {
        if (await LookAsync(request, failed, handOver, NotStarted, evenWhileBusy: false, cancellationToken) is not { } survey)
        {
            return;
        }

        var image = await PlannedImage.AgreeAsync(engines, request.Environment.Image, survey.Images, cancellationToken);
        progress.Report(new JobStep(null, "leasing a port"));
        using var hold = ports.Hold(LeaseFor(request, survey), cancellationToken);
        if (!hold.IsNew)
        {
            // Whoever had the lease may have started the job since.
            if (await LookAsync(request, failed, handOver, NotStarted, evenWhileBusy: true, cancellationToken) is not { } now)
            {
                return;
            }

            survey = now;
        }

        IReadOnlyList<NodeFailure> failures;
        try
        {
            var ssh = SshFor(request, hold.Lease.Port, keys.Make());
            var plans = PlansFor(request, survey, image, JobSshSetup.Predict(ssh));
            failures = await StartNodesAsync(request, survey, plans, JobSshFiles.For(ssh), cancellationToken);
            if (failures.Count == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await handOver(JobView.Started(request, plans));
                return;
            }
        }
        catch (Exception cause)
        {
            await RollBackAsync(request, hold, cause.Message);
            throw;
        }

        foreach (var failure in failures)
        {
            failed(failure);
        }

        var reasons = string.Join("; ", failures);
        await RollBackAsync(request, hold, reasons);
        throw new HpcException(
            ErrorId.JobRolledBack,
            $"Job {request.Allocation.JobId} was taken back from all of its {Plural.Of(request.Allocation.Nodes.Count, "node")}: {reasons}",
            request.Allocation.JobId,
            innerException: failures[0].Cause);
    }

    /// <summary>
    /// What the nodes look like; null when the job runs already and was handed over. Containers that are ready may belong to a start that
    /// can still take them back: who is about to start the job, and does not hold its lease yet, takes no job whose lease is busy.
    /// </summary>
    private async Task<JobSurvey?> LookAsync(
        JobRequest request,
        Action<NodeFailure> failed,
        Func<HpcJob, Task> handOver,
        string undone,
        bool evenWhileBusy,
        CancellationToken cancellationToken)
    {
        var survey = await JobSurvey.ReadAsync(nodes, engines, request, progress, cancellationToken);
        ThrowIfAny(request, survey.Failures, failed, undone);
        if (await JobView.RunningAsync(nodes, engines, request, survey, cancellationToken) is not { } running
            || (!evenWhileBusy && ports.Find(request.Allocation.JobId) is { } lease && ports.IsBusy(lease)))
        {
            return survey;
        }

        await handOver(running);
        return null;
    }

    /// <summary>Starts every node at once. The first failure ends the others' work: they would be taken back anyway.</summary>
    private async Task<IReadOnlyList<NodeFailure>> StartNodesAsync(
        JobRequest request,
        JobSurvey survey,
        IReadOnlyList<HpcContainerPlan> plans,
        IReadOnlyList<JobFile> files,
        CancellationToken cancellationToken)
    {
        var failures = new ConcurrentQueue<NodeFailure>();
        var byNode = plans.ToDictionary(plan => plan.Node);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await FanOut.RunAsync(
                byNode.Keys,
                request.Throttle,
                request.Timeout,
                (node, stopping) => StartNodeAsync(request, byNode[node], survey.Containers[node].Count > 0, files, stopping),
                (node, cause) =>
                {
                    failures.Enqueue(new NodeFailure(node, cause));
                    enough.Cancel();
                },
                enough.Token);
        }
        catch (OperationCanceledException) when (!failures.IsEmpty && !cancellationToken.IsCancellationRequested)
        {
            // The failures say why.
        }

        return [.. failures];
    }

    private async Task StartNodeAsync(
        JobRequest request, HpcContainerPlan plan, bool leftover, IReadOnlyList<JobFile> files, CancellationToken cancellationToken)
    {
        if (leftover)
        {
            progress.Report(new JobStep(plan.Node, "removing an earlier attempt"));
            await _cleanup.CleanAsync(plan.Node, plan.JobId, plan.Directory, TimeSpan.Zero, cancellationToken);
        }

        var owner = request.Allocation.Owner;
        progress.Report(new JobStep(plan.Node, "writing the ssh configuration"));
        await using var connection = await nodes.ConnectAsync(plan.Node, cancellationToken);
        await JobDirectory.WriteAsync(connection, plan.Directory, owner.Uid, owner.Gid, files, cancellationToken);
        progress.Report(new JobStep(plan.Node, "starting the container"));
        await using var engine = await engines.ConnectAsync(plan.Node, cancellationToken);
        var container = await ContainerStarter.StartUnderLeaseAsync(engine, plan, cancellationToken);
        progress.Report(new JobStep(plan.Node, "waiting until it is ready"));
        await ReadinessCheck.WaitAsync(connection, engine, container, TimeSpan.FromSeconds(plan.ReadyTimeoutSec), cancellationToken);
        progress.Report(new JobStep(plan.Node, "ready", Done: true));
    }

    /// <summary>
    /// Takes everything of the job off every node, those of earlier attempts too, and gives the port back; with a time limit of its own for
    /// each node, since the caller's token may be gone. A node that cannot be cleaned keeps the lease alive: it is what Stop-HpcJob finds
    /// the node by.
    /// </summary>
    private async Task RollBackAsync(JobRequest request, PortHold hold, string reason)
    {
        progress.Report(new JobStep(null, "taking back what was started"));
        var left = new ConcurrentQueue<NodeFailure>();
        await FanOut.RunAsync(
            request.Allocation.Nodes.Select(node => node.Name).Union(hold.Lease.Nodes),
            request.Throttle,
            RollbackLimit,
            (node, stopping) => _cleanup.CleanAsync(node, request.Allocation.JobId, request.Directory, TimeSpan.Zero, stopping),
            (node, cause) => left.Enqueue(new NodeFailure(node, cause)),
            CancellationToken.None);
        if (left.IsEmpty)
        {
            hold.Release();
            return;
        }

        throw new HpcException(
            ErrorId.JobRolledBack,
            $"Job {request.Allocation.JobId} failed ({reason}) and could not be taken back from {string.Join("; ", left)}",
            request.Allocation.JobId,
            $"When the nodes answer again: Stop-HpcJob -JobId '{request.Allocation.JobId}'. The port stays leased until then.");
    }

    private static void ThrowIfAny(JobRequest request, IReadOnlyList<NodeFailure> failures, Action<NodeFailure> failed, string outcome)
    {
        if (failures.Count == 0)
        {
            return;
        }

        foreach (var failure in failures)
        {
            failed(failure);
        }

        throw new HpcException(
            ErrorId.JobRolledBack,
            $"Job {request.Allocation.JobId} {outcome}, and nothing was changed: {string.Join("; ", failures)}",
            request.Allocation.JobId,
            innerException: failures[0].Cause);
    }

    private static JobSshRequest SshFor(JobRequest request, int port, JobKeys keys) => new()
    {
        Allocation = request.Allocation,
        Port = port,
        Directory = request.Directory,
        Keys = keys,
        GroupNames = OperatingSystem.IsLinux() ? GroupNames.Of(request.Allocation.Owner.Groups) : [],
        HostBased = request.HostBased,
    };

    private static PortRequest LeaseFor(JobRequest request, JobSurvey survey) => new()
    {
        JobId = request.Allocation.JobId,
        Owner = request.Allocation.Owner.Name,
        Scheduler = request.Allocation.BatchSystem,
        Nodes = SlotMap.Format(request.Allocation.Nodes),
        TimeToLive = request.TimeToLive,
        Prolong = true,
        Busy = survey.Facts.Values.SelectMany(facts => facts.ListeningPorts).ToHashSet(),
    };

    private IReadOnlyList<HpcContainerPlan> PlansFor(JobRequest request, JobSurvey survey, PlannedImage image, JobSshConfig ssh) =>
    [
        .. request.Allocation.Nodes.Select(node => ContainerPlanner.Plan(new PlanRequest
        {
            Environment = request.Environment,
            Allocation = request.Allocation,
            Node = node,
            Facts = survey.Facts[node.Name],
            Ssh = ssh,
            Image = image,
            PortArea = ports.Path,
            Attempt = request.Attempt,
            Devices = request.Devices,
            PublishedPorts = request.PublishedPorts,
        }))
    ];
}
