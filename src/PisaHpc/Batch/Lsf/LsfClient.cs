using PisaHpc.Nodes;

namespace PisaHpc.Batch.Lsf;

/// <summary>LSF as its own program tells of it, bjobs(1), in one round trip to a host that has it.</summary>
/// <param name="host">The host.</param>
/// <param name="cluster">The site's cluster, whose answer alone is one; null where the site does not say it.</param>
/// <param name="profile">The profile.lsf by which it is asked; null for that of the host.</param>
internal sealed class LsfClient(INodeConnection host, string? cluster = null, string? profile = null) : IBatchSystem
{
    private static readonly NodeScript ListJobs = NodeScript.Of("Batch/Lsf/list-jobs.sh");

    /// <inheritdoc/>
    public async Task<HpcAllocation> GetAllocationAsync(string jobId, JobOwner? owner, CancellationToken cancellationToken)
    {
        var (said, row) = await AskAsync(jobId, cancellationToken);
        if (!row.HasHosts)
        {
            throw new HpcException(
                ErrorId.AllocationNotFound,
                $"LSF job {row.JobId} has no nodes now: it is {row.Job}.",
                row.JobId,
                row.State is "PEND" or "PSUSP"
                    ? $"Wait until it runs: bjobs -p {Quote.Of(row.JobId)}"
                    : $"See it with: bjobs -l {Quote.Of(row.JobId)}");
        }

        return new HpcAllocation
        {
            JobId = row.JobId,
            BatchSystem = Scheduler.Lsf,
            // As the job's own environment, which names none: both are the site's.
            Cluster = cluster,
            Queue = row.Queue,
            Nodes = row.Nodes(),
            Owner = owner ?? OwnerOnHost.Read(said, row.User, $"LSF job {row.JobId}", host.Node),
            Job = row.Job,
        };
    }

    /// <inheritdoc/>
    public async Task<JobCensus> ListJobsAsync(CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(host, ListJobs, [profile ?? ""], cancellationToken);
        if (said["hidden"] is { } user)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"LSF hides jobs of others from {Quote.Name(user)} on {host.Node}: whether they live cannot be told.",
                host.Node,
                "Ask as LSF's primary administrator, or set SECURE_JOB_INFO_LEVEL in lsb.params to 0, 1 or 5.")
            { IsLasting = true };
        }

        LsfAnswer.Require(said, host.Node, jobId: null);
        GrantingCluster.Require(Scheduler.Lsf, cluster, said["cluster"], host.Node);
        return LsfJobList.Read(said, host.Node);
    }

    /// <summary>The same: bjobs tells of queue, owner and application profile in any case.</summary>
    public Task<JobCensus> ListJobsInDetailAsync(CancellationToken cancellationToken) => ListJobsAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<BatchEnd?> FindEndAsync(string jobId, CancellationToken cancellationToken) =>
        (await AskAsync(jobId, cancellationToken)).Row.End;

    private async Task<(ScriptReply Said, LsfJobRow Row)> AskAsync(string jobId, CancellationToken cancellationToken)
    {
        // bjobs takes what is no id for something else.
        if (!LsfEvidence.IsId(JobIds.Validate(jobId)))
        {
            throw Unknown(jobId);
        }

        var said = await ScriptReply.AskAsync(host, ListJobs, [profile ?? "", jobId], cancellationToken);
        LsfAnswer.Require(said, host.Node, jobId);
        GrantingCluster.Require(Scheduler.Lsf, cluster, said["cluster"], host.Node);
        return LsfJobList.RowsIn(said, host.Node) switch
        {
            [] => throw Unknown(jobId),
            [var row, ..] rows => rows.Select(one => one.Index).Distinct().Count() is 1 ? (said, row) : throw new HpcException(
                ErrorId.InvalidValue,
                $"LSF job {jobId} is an array, of which {rows.Count} elements are known: each is a job of its own.",
                jobId,
                $"Name an element, as {row.JobId}: bjobs -a {jobId} lists them."),
        };
    }

    private static HpcException Unknown(string jobId) => new(
        ErrorId.JobNotFound,
        $"LSF knows no job {jobId}, or does not show it to this user: it forgets a job CLEAN_PERIOD seconds after its end.",
        jobId,
        "List the jobs that it knows: bjobs -u all -a; of those that it has forgotten: bhist -l.");
}
