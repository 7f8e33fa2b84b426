using PisaHpc.Nodes;

namespace PisaHpc.Batch.HTCondor;

/// <summary>
/// What nodes show of HTCondor's jobs: the condor_starters that live, by what the hooks' program of root's has written down of each. It
/// goes on without HTCondor's daemons, as the job does. A node without the hooks shows none.
/// </summary>
/// <param name="settings">The file on the node in which the hooks' installation says where records are; null for its usual place.</param>
internal sealed class HTCondorEvidence(string? settings = null) : IJobEvidence
{
    private const string Running = "running.";
    private const string UsualSettings = "/usr/lib/pisahpc/htcondor-settings";

    private static readonly NodeScript RunningJobs = NodeScript.Of("Batch/HTCondor/running-jobs.sh");

    /// <inheritdoc/>
    public bool IsJobId(string jobId) => HTCondorJobId.TryParse(jobId) is not null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunningJob>> FindRunningAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(node, RunningJobs, [settings ?? UsualSettings], cancellationToken);
        return
        [
            .. said.All.Keys.Where(name => name.StartsWith(Running, StringComparison.Ordinal))
                .Select(name => new RunningJob(name[Running.Length..]))
        ];
    }
}
