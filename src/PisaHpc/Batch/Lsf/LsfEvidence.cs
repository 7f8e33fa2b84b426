using System.Text.RegularExpressions;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Lsf;

/// <summary>
/// What nodes show of LSF's jobs: the control groups of their processes. They go on without LSF's daemons, as the job does. A site that has
/// LSF_PROCESS_TRACKING and LSF_LINUX_CGROUP_ACCT off shows none.
/// </summary>
internal sealed partial class LsfEvidence : IJobEvidence
{
    private const string Running = "running.";
    private const string Server = "server.";

    private static readonly NodeScript RunningJobs = NodeScript.Of("Batch/Lsf/running-jobs.sh");

    /// <summary>Whether an id is of LSF's form: <c>1234</c>, or an array's element, <c>1234[5]</c>.</summary>
    public static bool IsId(string jobId) => IdForm().IsMatch(jobId);

    /// <inheritdoc/>
    public bool IsJobId(string jobId) => IsId(jobId);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunningJob>> FindRunningAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(node, RunningJobs, [], cancellationToken);
        return
        [
            .. said.All.Keys.Where(name => name.StartsWith(Running, StringComparison.Ordinal)).Select(name => name[Running.Length..])
                .Select(name => (Name: name, Slash: name.LastIndexOf('/')))
                .Select(job => new RunningJob(job.Name[(job.Slash + 1)..], job.Name[..job.Slash], said.Has(Server + job.Name)))
        ];
    }

    [GeneratedRegex(@"\A[1-9][0-9]{0,9}(\[[1-9][0-9]{0,9}\])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();
}
