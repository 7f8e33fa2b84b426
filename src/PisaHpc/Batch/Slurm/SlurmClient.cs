using System.Globalization;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Slurm;

/// <summary>Slurm as its own programs tell of it, squeue and scontrol, in one round trip to a host that has them.</summary>
/// <param name="host">The host.</param>
/// <param name="cluster">The site's cluster, whose answer alone is one; null where the site does not say it.</param>
internal sealed class SlurmClient(INodeConnection host, string? cluster = null) : IBatchSystem
{
    private static readonly NodeScript ShowJob = NodeScript.Of("Batch/Slurm/show-job.sh");
    private static readonly NodeScript JobMemory = NodeScript.Of("Batch/Slurm/job-memory.sh");
    private static readonly NodeScript ListJobs = NodeScript.Of("Batch/Slurm/list-jobs.sh");

    /// <inheritdoc/>
    public async Task<HpcAllocation> GetAllocationAsync(string jobId, JobOwner? owner, CancellationToken cancellationToken)
    {
        var (said, records) = await AskAsync(JobIds.Validate(jobId), cancellationToken);
        if (records[0].HetJobId is { } whole && records.Count < records[0].Components.Count)
        {
            (said, records) = await AskAsync(whole, cancellationToken);
        }

        GrantingCluster.Require(Scheduler.Slurm, cluster, said["cluster"], host.Node);
        var job = records[0].Job;
        if (records.FirstOrDefault(record => !record.HasNodes) is { } without)
        {
            throw new HpcException(
                ErrorId.AllocationNotFound,
                $"Slurm job {jobId} has no nodes now: it is {without.Job}.",
                jobId,
                without.State is "PENDING"
                    ? $"Wait until it runs: squeue --jobs={jobId} --start"
                    : $"See it with: scontrol show job {jobId}");
        }

        return new HpcAllocation
        {
            JobId = records[0].Id,
            BatchSystem = Scheduler.Slurm,
            Cluster = said["cluster"] is { Length: > 0 } own ? own : null,
            Queue = records[0].Partition,
            Nodes = NodeSlots.Merge(
                records.SelectMany(record => record.Nodes(said[$"nodes.{record.Id}"])), $"Slurm job {records[0].Id}"),
            Owner = owner ?? OwnerOf(records[0].Id, said),
            Job = job,
            RestartCount = job.RestartCount,
        };
    }

    /// <inheritdoc/>
    public Task<JobCensus> ListJobsAsync(CancellationToken cancellationToken) => ListAsync([], cancellationToken);

    /// <inheritdoc/>
    public Task<JobCensus> ListJobsInDetailAsync(CancellationToken cancellationToken) => ListAsync(["details"], cancellationToken);

    private async Task<JobCensus> ListAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(host, ListJobs, arguments, cancellationToken);
        ThrowUnlessAsked(said);
        if (said["hidden"] is { } user)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"Slurm shows {Quote.Name(user)} on {host.Node} his own jobs alone, or may do so: whether others live cannot be told.",
                host.Node,
                "Ask as root, or leave 'jobs' out of PrivateData in slurm.conf.")
            { IsLasting = true };
        }

        if (said["refused"] is { } refusal)
        {
            throw Refused(Decode(refusal));
        }

        GrantingCluster.Require(Scheduler.Slurm, cluster, said["cluster"], host.Node);
        return SlurmQueue.Read(said, host.Node);
    }

    /// <inheritdoc/>
    public async Task<BatchEnd?> FindEndAsync(string jobId, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(host, ShowJob, [JobIds.Validate(jobId), "ended"], cancellationToken);
        return said["accounted"] is { } line && SlurmEnd.InAccounting(Decode(line)) is { } end ? end : RecordsIn(said, jobId)[0].End;
    }

    /// <summary>How much memory a job was granted on each of its nodes.</summary>
    /// <param name="jobId">The job's id; of an array one element's.</param>
    /// <returns>Bytes by node, as <see cref="AllocatedNode.MemoryBytes"/>. A node of which nothing is said is not among them.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.JobNotFound"/>; <see cref="ErrorId.BatchSystemFailed"/> when it cannot be asked;
    /// <see cref="ErrorId.NodeCommandFailed"/>: its answer was cut; <see cref="ErrorId.InvalidValue"/> for an answer that no batch system
    /// gives by itself.
    /// </exception>
    public async Task<IReadOnlyDictionary<string, long>> FindMemoryAsync(string jobId, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(host, JobMemory, [JobIds.Validate(jobId)], cancellationToken);
        ThrowUnlessTold(jobId, said);
        return SlurmMemory.In(Decode(said["record"]));
    }

    /// <summary>The job's records, the one whose first node runs the job's script first; at least one.</summary>
    private async Task<(ScriptReply Said, IReadOnlyList<SlurmJobRecord> Records)> AskAsync(string jobId, CancellationToken stopping)
    {
        var said = await ScriptReply.AskAsync(host, ShowJob, [jobId], stopping);
        return (said, RecordsIn(said, jobId));
    }

    private IReadOnlyList<SlurmJobRecord> RecordsIn(ScriptReply said, string jobId)
    {
        ThrowUnlessTold(jobId, said);
        const string Record = "record.";
        var ids = said.All.Keys.Where(name => name.StartsWith(Record, StringComparison.Ordinal)).Select(name => name[Record.Length..]);
        var names = NamesIn(said, [.. ids]);
        return names.Count > 0
            ? [.. names.Select(job => SlurmJobRecord.Parse(Decode(said[$"record.{job.Key}"]), job.Key, job.Value))
                .OrderBy(record => record.HetJobOffset)]
            : throw Unknown(jobId);
    }

    /// <summary>
    /// The jobs' names. Asked for the first of several components, squeue tells the names of all, one after another; asked for another it
    /// tells that one's alone. A name can hold line ends.
    /// </summary>
    private static Dictionary<string, string> NamesIn(ScriptReply said, IReadOnlyList<string> ids)
    {
        var names = ids.ToDictionary(id => id, id => Decode(said[$"name.{id}"]), StringComparer.Ordinal);
        var others = string.Concat(ids.Skip(1).Select(id => names[id]));
        if (others.Length > 0 && names[ids[0]].EndsWith(others, StringComparison.Ordinal))
        {
            names[ids[0]] = names[ids[0]][..^others.Length];
        }

        return names.ToDictionary(job => job.Key, job => job.Value.EndsWith('\n') ? job.Value[..^1] : job.Value, StringComparer.Ordinal);
    }

    private void ThrowUnlessTold(string jobId, ScriptReply said)
    {
        ThrowUnlessAsked(said);
        if (said["elements"] is { } elements)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"Slurm job {jobId} is an array, of which {elements} elements are known: each is a job of its own.",
                jobId,
                $"Name an element, as squeue --jobs={jobId} --array lists them.");
        }

        if (said["refused"] is { } refusal)
        {
            var words = Decode(refusal);
            throw words.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase) ? Unknown(jobId) : Refused(words);
        }
    }

    private void ThrowUnlessAsked(ScriptReply said)
    {
        if (said["missing"] is { } program)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"Slurm cannot be asked on {host.Node}: it has no {program}.",
                host.Node,
                "Name a host that has Slurm's programs: -SubmitHost, or batch.host in the site definition.")
            { IsLasting = true };
        }
    }

    private HpcException Refused(string words) => new(
        ErrorId.BatchSystemFailed,
        $"Slurm did not answer on {host.Node}: {Quote.Words(words)}",
        host.Node,
        "Look at Slurm there: scontrol ping.");

    private static HpcException Unknown(string jobId) => new(
        ErrorId.JobNotFound,
        $"Slurm knows no job {jobId}, or does not show it to this user: it forgets a job MinJobAge seconds after its end.",
        jobId,
        "List the jobs that it knows: squeue --states=all.");

    /// <summary>The owner as the host's name service knows him, with the primary group of the job: sbatch --gid can be another.</summary>
    private JobOwner OwnerOf(string id, ScriptReply said)
    {
        var uid = said[$"uid.{id}"]!;
        var passwd = said["passwd"]?.Split(':');
        if (passwd is not { Length: 7 } || passwd[2] != uid)
        {
            throw new HpcException(
                ErrorId.UserNotFound,
                $"User id {uid}, the owner of Slurm job {id}, is not known with his groups to the name service of {host.Node}.",
                uid,
                "Name the owner with -Owner, in full: name:uid:gid,gid.");
        }

        var gid = Id(said[$"gid.{id}"]!);
        return new JobOwner
        {
            Name = passwd[0],
            Uid = Id(uid),
            Gid = gid,
            Groups = JobOwners.Ordered(gid, said["groups"]!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Id)),
            Home = passwd[5].Length > 0 ? passwd[5] : "/",
            Shell = passwd[6].Length > 0 ? passwd[6] : "/bin/sh",
        };
    }

    private static uint Id(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Decode(string? text) => Encoding.UTF8.GetString(Convert.FromBase64String(text ?? ""));
}
