using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.HTCondor;

/// <summary>
/// HTCondor as its schedulers tell of their queues, by condor_q(1), in one round trip to a host that has it. Each scheduler has jobs of its
/// own: those that the site names are asked, and of no other's job anything is said.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="schedulers">The site's schedulers (condor_schedd), by their names in the pool.</param>
internal sealed class HTCondorClient(INodeConnection host, IReadOnlyList<string> schedulers) : IBatchSystem
{
    private static readonly NodeScript ListJobs = NodeScript.Of("Batch/HTCondor/list-jobs.sh");

    /// <inheritdoc/>
    public async Task<HpcAllocation> GetAllocationAsync(string jobId, JobOwner? owner, CancellationToken cancellationToken)
    {
        var (said, row, _) = await AskAsync(jobId, "", cancellationToken);
        if (!row.IsVanilla)
        {
            throw new HpcException(
                ErrorId.AllocationNotFound,
                $"HTCondor job {row.Id} is of the {row.Universe} universe: a job of the vanilla universe alone has one slot of one "
                + "machine, which its allocation is.",
                row.Id.ToString(),
                "Submit it with 'universe = vanilla'; or make the allocation by hand, of the machines that condor_q -run shows: "
                + "-Node and -Slot in place of -JobId.");
        }

        var machine = row.Machine ?? throw new HpcException(
            ErrorId.AllocationNotFound,
            $"HTCondor job {row.Id} has no machine now: it is {row.Job}.",
            row.Id.ToString(),
            $"See it with: condor_q -name {SchedulerOf(row.Id)} {row.Id.Number} -long");
        return new HpcAllocation
        {
            JobId = row.Id.ToString(),
            BatchSystem = Scheduler.HTCondor,
            Nodes = [row.Slot(machine)],
            Owner = owner ?? OwnerOnHost.Read(said, row.Owner ?? "", $"HTCondor job {row.Id}", host.Node),
            Job = row.Job,
        };
    }

    /// <inheritdoc/>
    public async Task<JobCensus> ListJobsAsync(CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(host, ListJobs, ["", "", .. Asked()], cancellationToken);
        var rows = schedulers.SelectMany((scheduler, at) => HTCondorAnswer.RowsOf(said, at + 1, scheduler, host.Node))
            .DistinctBy(row => row.Id)
            .ToDictionary(row => row.Id.ToString(), StringComparer.Ordinal);
        var remarks = schedulers.Select((scheduler, at) => (Name: scheduler, Words: HTCondorAnswer.WordsOf(said, at + 1)))
            .Where(one => one.Words is not null)
            .Select(one => $"condor_q of {one.Name} on {host.Node}: {Quote.Words(one.Words)}");
        return new JobCensus(
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(said["now"]!, NumberStyles.None, CultureInfo.InvariantCulture)),
            jobId => rows.TryGetValue(jobId, out var row) ? StandingOf(row) : null)
        {
            IsAbout = jobId => HTCondorJobId.TryParse(jobId) is { } id && SchedulerOf(id) is not null,
            Running = [.. rows.Values.Where(row => row.Machine is not null).Select(row => row.Id.ToString())],
            Remark = string.Join("; ", remarks) is { Length: > 0 } remark ? remark : null,
        };
    }

    /// <summary>The same: condor_q tells of owner and environment in any case.</summary>
    public Task<JobCensus> ListJobsInDetailAsync(CancellationToken cancellationToken) => ListJobsAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<BatchEnd?> FindEndAsync(string jobId, CancellationToken cancellationToken)
    {
        var (_, row, isPast) = await AskAsync(jobId, "ended", cancellationToken);
        return row.End(isPast);
    }

    private static JobStanding StandingOf(HTCondorJobRow row) => new()
    {
        State = row.State,
        Outcome = row.EndedAt is null ? null : row.End(isPast: false)?.Outcome,
        EndedAt = row.EndedAt,
        Nodes = row.Machine is { } machine ? [machine] : [],
        RunsAs = [row.Id.ToString()],
        Submission = row.Machine is not null && row is { Environment: { } environment, Owner: { } user }
            ? new JobSubmission(Queue: null, user, Request: null) { Environment = environment }
            : null,
    };

    private async Task<(ScriptReply Said, HTCondorJobRow Row, bool IsPast)> AskAsync(
        string jobId, string ended, CancellationToken cancellationToken)
    {
        var id = IdOf(JobIds.Validate(jobId));
        var scheduler = SchedulerOf(id)!;
        var said = await ScriptReply.AskAsync(host, ListJobs, [id.Number, ended, scheduler], cancellationToken);
        return HTCondorAnswer.RowsOf(said, 1, scheduler, host.Node).FirstOrDefault(row => row.Id == id) is { } row
            ? (said, row, said.Has("past"))
            : throw new HpcException(
                ErrorId.JobNotFound,
                $"HTCondor's scheduler {scheduler} has no job {id.Number} in its queue: a job leaves it when it ends.",
                id.ToString(),
                $"List those that it has: condor_q -name {scheduler} -allusers; of those that have ended: "
                + $"condor_history -name {scheduler}.");
    }

    /// <summary>The job that is meant, of a scheduler that is asked; where the site has one alone its name may be left out.</summary>
    private HTCondorJobId IdOf(string jobId)
    {
        var names = Asked().Select(HTCondorJobId.InIds).ToArray();
        if (HTCondorJobId.IsNumber(jobId))
        {
            return names is [var only] ? new HTCondorJobId(jobId, only) : throw new HpcException(
                ErrorId.InvalidValue,
                $"Job {jobId} may be any of {names.Length} schedulers' of HTCondor: each counts its own jobs.",
                jobId,
                "Name it with its scheduler: " + string.Join(", ", names.Select(name => $"{jobId}.{name}")));
        }

        return HTCondorJobId.TryParse(jobId) is not { } id
            ? throw new HpcException(
                ErrorId.JobNotFound,
                $"HTCondor has no job {jobId}: its ids are a cluster, a process and their scheduler.",
                jobId,
                $"Write it as 1234.5.{names[0]}.")
            : SchedulerOf(id) is not null ? id
            : throw new HpcException(
                ErrorId.JobNotFound,
                $"HTCondor job {jobId} is of scheduler {id.Scheduler}, which is not asked: the site has {string.Join(", ", names)}.",
                jobId,
                "Name that scheduler, as condor_status -schedd lists it, in batch.schedulers of the site definition.");
    }

    /// <summary>The name of an id's scheduler; null for one that is not the site's.</summary>
    private string? SchedulerOf(HTCondorJobId id) =>
        schedulers.FirstOrDefault(scheduler => HTCondorJobId.InIds(scheduler) == id.Scheduler);

    private IReadOnlyList<string> Asked() => schedulers.Count > 0 ? schedulers : throw new HpcException(
        ErrorId.BatchSystemFailed,
        "HTCondor cannot be asked: the site definition names none of its schedulers.",
        nameof(Scheduler.HTCondor),
        "Name them there, as condor_status -schedd lists them: batch: { system: htcondor, schedulers: [ sched01.example ] }.")
    { IsLasting = true };
}
