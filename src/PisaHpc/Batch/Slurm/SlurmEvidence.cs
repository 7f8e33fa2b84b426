using System.Text.RegularExpressions;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// What nodes show of Slurm's jobs: the sockets that their slurmstepds listen on, <c>NODE_JOB.STEP</c> (src/common/stepd_api.c). They go on
/// without slurmd and without slurmctld, as the job does.
/// </summary>
internal sealed partial class SlurmEvidence : IJobEvidence
{
    private const string Running = "running.";

    private static readonly NodeScript RunningJobs = NodeScript.Of("Batch/Slurm/running-jobs.sh");

    /// <inheritdoc/>
    public bool IsJobId(string jobId) => IdForm().IsMatch(jobId);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunningJob>> FindRunningAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(node, RunningJobs, [], cancellationToken);
        return
        [
            .. said.All.Keys.Where(name => name.StartsWith(Running, StringComparison.Ordinal))
                .Select(name => new RunningJob(name[Running.Length..]))
        ];
    }

    [GeneratedRegex(@"\A[1-9][0-9]{0,9}(_[0-9]{1,9})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();
}
