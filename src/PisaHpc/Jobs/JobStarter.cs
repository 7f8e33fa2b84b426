using System.Collections.Concurrent;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Posix;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs;

/// <summary>
/// Starts a job on all of its nodes or on none. The lease comes first and names the nodes, so that whatever a killed caller leaves behind
/// can be found from the job's id alone. Its lock is kept until the job is handed over or taken back: nobody else starts or stops it
/// meanwhile.
/// </summary>
/// <param name="keys">Makes the job's keys.</param>
/// <param name="ports">The port area.</param>
public sealed class JobStarter(Cluster cluster, IJobKeyGenerator keys, PortArea ports)
{
    private const string NotStarted = "was not started";
    private const string NotPlanned = "was not planned";

    /// <summary>How long taking a job back from a node may last.</summary>
    public TimeSpan RollbackLimit { get; init; } = DefaultRollbackLimit;

    /// <summary>Writes starts that fail down; null where no records are kept.</summary>
    public JobRecorder? Recorder { get; init; }

    /// <summary>Told, in a line, of what a job goes without.</summary>
    public Action<string> Warn { get; init; } = static _ => { };

    /// <summary>Told what of a start that is interrupted is taken back, and from where.</summary>
    public TakenBack TakenBack { get; init; } = TakenBack.Untold;

    /// <summary>How long it may last unless somebody says otherwise.</summary>
    internal static TimeSpan DefaultRollbackLimit { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Says what a start would do, without changing anything.</summary>
    /// <param name="runs">Told of the job when it runs already, so that there is nothing to do.</param>
    /// <returns>The plans in the allocation's order; none for a job that runs already.</returns>
    /// <exception cref="HpcException">Why the job could not start, as for <see cref="StartAsync"/>.</exception>
    public Task<IReadOnlyList<HpcContainerPlan>> PlanAsync(
        JobRequest request, Func<HpcJob, Task> runs, CancellationToken cancellationToken) =>
        Phase.PlanJob.RunAsync(() => PlanAllAsync(request, runs, cancellationToken), job: request.Allocation.JobId);

    private async Task<IReadOnlyList<HpcContainerPlan>> PlanAllAsync(
        JobRequest request, Func<HpcJob, Task> runs, CancellationToken cancellationToken)
    {
        await using var memory = new GrantedMemory(request, cancellationToken);
        if (await LookAsync(request, runs, NotPlanned, evenWhileBusy: true, new PhaseClock(), cancellationToken) is not { } survey)
        {
            return [];
        }

        var image = await PlannerOf(request).AgreeAsync(survey.Nodes, cancellationToken);
        request = await memory.AddToAsync(request, Warn);
        var port = ports.Predict(LeaseFor(request, survey)).Port;
        return PlansFor(request, survey, image, SshFor(request, port, JobSshSetup.NoKeys), NotPlanned);
    }

    /// <summary>The job that plans would make.</summary>
    /// <param name="plans">Its plans.</param>
    public static HpcJob Predict(JobRequest request, IReadOnlyList<HpcContainerPlan> plans) =>
        JobView.Started(request, plans, JobState.Planned);

    /// <summary>Starts the job.</summary>
    /// <param name="handOver">
    /// Gives the running job, unchanged when it ran already, to the caller; one that cannot be given is taken back.
    /// </param>
    /// <param name="cancellationToken">Interrupts; what was started is taken back first.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobNotStarted"/>, <see cref="ErrorId.JobRolledBack"/> or <see cref="ErrorId.JobLeftBehind"/> where nodes failed,
    /// each with the nodes. Any other id is no node's: the reason why nothing was begun, such as <see cref="ErrorId.PortAreaExhausted"/>.
    /// </exception>
    public async Task StartAsync(JobRequest request, Func<HpcJob, Task> handOver, CancellationToken cancellationToken)
    {
        using var trace = Recorder is null ? null : new PhaseTrace(Recorder.Program, withRequests: false);
        Task RunAsync() => Phase.StartJob.RunAsync(
            () => StartRecordedAsync(request, handOver, trace, cancellationToken), job: request.Allocation.JobId);
        await (trace?.RunAsync(RunAsync) ?? RunAsync());
    }

    private async Task StartRecordedAsync(
        JobRequest request, Func<HpcJob, Task> handOver, PhaseTrace? trace, CancellationToken cancellationToken)
    {
        var record = new StartRecord(request, Recorder, trace, cluster.Nodes);
        try
        {
            await StartAllAsync(request, handOver, record, cancellationToken);
        }
        catch (Exception failure) when (StartRecord.IsEnd(failure))
        {
            await record.WriteAsync(failure);
            throw;
        }
    }

    private async Task StartAllAsync(
        JobRequest request, Func<HpcJob, Task> handOver, StartRecord record, CancellationToken cancellationToken)
    {
        await using var memory = new GrantedMemory(request, cancellationToken);
        if (await LookAsync(request, handOver, NotStarted, evenWhileBusy: false, record.Clock, cancellationToken) is not { } survey)
        {
            return;
        }

        var image = await PlannerOf(request).AgreeAsync(survey.Nodes, cancellationToken);
        request = await memory.AddToAsync(request, Remark);
        using var hold = await record.Clock.RunAsync(
            Phase.LeasePort, () => Task.FromResult(ports.Hold(LeaseFor(request, survey), cancellationToken)));
        RequireNew(request, hold, survey);
        if (!hold.IsNew)
        {
            // Whoever had the lease may have started the job since.
            if (await LookAsync(request, handOver, NotStarted, evenWhileBusy: true, record.Clock, cancellationToken) is not { } now)
            {
                return;
            }

            survey = now;
        }

        var (plans, files) = PlanLeased(request, survey, image, hold);
        await record.BeginAsync(plans, hold);
        IReadOnlyList<NodeFailure> failed;
        try
        {
            var starts = new NodeStarts(cluster, request, files, record.Clock) { TakenBack = TakenBack };
            failed = await starts.RunAsync(plans, survey.Occupied, cancellationToken);
            starts.Remarks.Order(StringComparer.Ordinal).ToList().ForEach(Remark);
            if (failed.Count == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                record.Run(hold);
                await handOver(JobView.Started(request, plans));
                return;
            }
        }
        catch (Exception cause)
        {
            await TakeBackAsync(request, hold, cause, failed: [], record);
            throw;
        }

        await TakeBackAsync(request, hold, failed[0].Cause, failed, record);
        throw FailedStart.RolledBack(request.Allocation.JobId, request.Allocation.Nodes.Count, failed);

        void Remark(string words)
        {
            record.Remark(words);
            Warn(words);
        }
    }

    /// <summary>Whoever holds a new lease of a job of which no node has anything shares the job with nobody.</summary>
    private static void RequireNew(JobRequest request, PortHold hold, JobSurvey survey)
    {
        if (request.OnlyNew && (!hold.IsNew || survey.Occupied.Count > 0))
        {
            if (hold.IsNew)
            {
                hold.Release();
            }

            throw AlreadyThere(request.Allocation.JobId);
        }
    }

    /// <summary>The failure of a start that is to begin a job anew, and finds it there.</summary>
    internal static HpcException AlreadyThere(string jobId) => new(
        ErrorId.PlanConflict,
        $"Something of job {jobId} is there already: nothing was begun, and nothing of it was touched.",
        jobId,
        $"See what it is: Get-HpcJob '{jobId}'; or take another id: Get-HpcAllocation -JobId.");

    private Task TakeBackAsync(
        JobRequest request, PortHold hold, Exception cause, IReadOnlyList<NodeFailure> failed, StartRecord record)
    {
        var rollback = new JobRollback(cluster, request, RollbackLimit, TakenBack);
        return record.Clock.RunAsync(Phase.TakeBack, () => rollback.RunAsync(hold, cause, failed, record));
    }

    /// <summary>
    /// What the nodes look like; null when the job runs already and was handed over. Containers that are ready may belong to a start that
    /// can still take them back: who is about to start the job, and does not hold its lease yet, takes no job whose lease is busy.
    /// </summary>
    private async Task<JobSurvey?> LookAsync(
        JobRequest request,
        Func<HpcJob, Task> handOver,
        string undone,
        bool evenWhileBusy,
        PhaseClock clock,
        CancellationToken cancellationToken)
    {
        if (request.HostBased)
        {
            request.Containers.Place?.RefuseHostBased(request.Environment.Name);
        }

        var failed = new ConcurrentQueue<NodeFailure>();

        // An earlier run may have been placed, whatever this one is to be.
        var mayBePlaced = request.Containers.Place is not null || ports.Find(request.Allocation.JobId) is not null;
        var survey = await clock.MeasureAsync(
            Phase.Survey,
            () => JobSurvey.ReadAsync(
                PlannerOf(request, failed.Enqueue), request, mayBePlaced ? cluster : null, cancellationToken));
        if (!failed.IsEmpty)
        {
            throw FailedStart.NotStarted(request.Allocation.JobId, undone, [.. failed]);
        }

        var lease = ports.Find(request.Allocation.JobId);
        survey.RequireOwner(request);
        JobOwnership.Require(request.Allocation.JobId, request.ForUser, lease);
        if (await JobView.RunningAsync(cluster, request, survey, cancellationToken) is not { } running
            || (!evenWhileBusy && lease is not null && ports.IsBusy(lease)))
        {
            return survey;
        }

        await handOver(running);
        return null;
    }

    /// <summary>
    /// The job with its port and new keys. One that cannot be planned changes nothing: it gives a new lease back, and keeps that of an
    /// earlier attempt, by which the attempt's leftovers are found.
    /// </summary>
    private (IReadOnlyList<HpcContainerPlan> Plans, IReadOnlyList<JobFile> Files) PlanLeased(
        JobRequest request, JobSurvey survey, PlannedImage image, PortHold hold)
    {
        try
        {
            var ssh = SshFor(request, hold.Lease.Port, keys.Make());
            return (PlansFor(request, survey, image, ssh, NotStarted), JobSshFiles.For(ssh));
        }
        catch (Exception) when (hold.IsNew)
        {
            hold.Release();
            throw;
        }
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
        Cluster = request.Allocation.Cluster,
        Nodes = SlotMap.Format(request.Allocation.Nodes),
        TimeToLive = request.TimeToLive,
        Prolong = true,
        Busy = survey.Nodes.Facts.Values.SelectMany(facts => facts.ListeningPorts).ToHashSet(),
    };

    /// <summary>The plans of all nodes, or why some cannot have one.</summary>
    private IReadOnlyList<HpcContainerPlan> PlansFor(
        JobRequest request, JobSurvey survey, PlannedImage image, JobSshRequest ssh, string undone)
    {
        var failed = new List<NodeFailure>();
        var plans = PlannerOf(request, failed.Add).Plan(survey.Nodes, image, JobSshSetup.Predict(ssh));
        return failed.Count == 0 ? plans : throw FailedStart.NotStarted(request.Allocation.JobId, undone, failed);
    }

    private AllocationPlanner PlannerOf(JobRequest request, Action<NodeFailure>? failed = null) =>
        new(cluster with { Failed = failed ?? cluster.Failed }, request.Containers with { PortArea = ports.Path });
}
