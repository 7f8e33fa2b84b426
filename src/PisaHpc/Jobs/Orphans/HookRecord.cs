using PisaHpc.Batch;
using PisaHpc.Nodes;

namespace PisaHpc.Jobs.Orphans;

/// <summary>
/// What a batch system's hooks have written down of a job's run on a node, for whatever takes the run off there: nothing of the run is left
/// where that is all.
/// </summary>
/// <param name="Name">Its file below the run directory: <c>.slurm/JOB.RESTART</c>, <c>.lsf/JOB.INDEX</c>.</param>
/// <param name="Identity">Its inode and time, by which it is told from another run's of its name (inode(7)).</param>
internal sealed record HookRecord(string Name, string Identity)
{
    private static readonly NodeScript Script = NodeScript.Of("Jobs/Orphans/hook-records.sh");

    /// <summary>Lists those of a node.</summary>
    /// <param name="runDirectory">The site's directory for jobs.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<IReadOnlyList<HookRecord>> ListAsync(
        INodeConnection node, string runDirectory, CancellationToken cancellationToken)
    {
        const string Record = "record.";
        var said = await ScriptReply.AskAsync(node, Script, [runDirectory], cancellationToken);
        return
        [
            .. said.All.Where(fact => fact.Key.StartsWith(Record, StringComparison.Ordinal))
                .Select(fact => new HookRecord(fact.Key[Record.Length..], fact.Value)),
        ];
    }

    /// <summary>Removes some; one that is another by now stays.</summary>
    /// <param name="runDirectory">The site's directory for jobs.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static Task RemoveAsync(
        INodeConnection node, string runDirectory, IEnumerable<HookRecord> records, CancellationToken cancellationToken) =>
        ScriptReply.AskAsync(
            node, Script, [runDirectory, .. records.Select(record => $"{record.Name}={record.Identity}")], cancellationToken);

    /// <summary>Whether the hooks of a batch system have any that a sweep takes.</summary>
    public static bool AreKeptBy(Scheduler system) => system is Scheduler.Slurm or Scheduler.Lsf;

    /// <summary>Whether it is of a job: of Slurm's any run of it, of LSF's the job itself, or the element of an array.</summary>
    /// <param name="system">The job's batch system.</param>
    /// <param name="jobIds">The ids by which nodes name the job.</param>
    public bool IsOf(Scheduler system, IEnumerable<string> jobIds) => (system, Name.Split('/')) switch
    {
        (Scheduler.Slurm, [".slurm", var run]) => jobIds.Contains(run[..run.LastIndexOf('.')], StringComparer.Ordinal),
        (Scheduler.Lsf, [".lsf", var element]) =>
            jobIds.Where(JobIds.IsValid).Select(JobIds.FileName).Any(id => element == id || element == id + ".0"),
        _ => false,
    };
}
