using PisaHpc.Ports;
using PisaHpc.Tracing;

namespace PisaHpc.Jobs.Records;

/// <summary>What was written down of the start of a job: its phases, of the slowest nodes, each with when it began.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Nodes">How many nodes it has.</param>
/// <param name="Phases">The phases; none where the start is not through, and of one that an earlier version made.</param>
internal sealed record StartTrace(string JobId, int Nodes, IReadOnlyList<HpcPhase> Phases)
{
    /// <summary>The nodes of which phases are written down.</summary>
    public int TracedNodes => Phases.Select(phase => phase.Node).OfType<string>().Distinct().Count();

    /// <summary>The starts that are noted with the leases of jobs.</summary>
    /// <param name="isWanted">Whether a job is one of those that are meant, by its id.</param>
    public static IEnumerable<StartTrace> NotedIn(PortArea ports, Func<string, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(ports);
        return ports.List().Where(lease => isWanted(lease.JobId)).Select(lease => Of(ports, lease)).OfType<StartTrace>();
    }

    /// <summary>The start of a job that has a lease; null where nothing is noted with that.</summary>
    private static StartTrace? Of(PortArea ports, JobPort lease) => JobRun.Parse(ports.NoteOf(lease)) is { RecordedAt: null } run
        ? new StartTrace(lease.JobId, lease.Nodes.Count, PhasesOf(run.Trace, run.BegunAt, lease.JobId, run.StartedBy))
        : null;

    /// <summary>The start of a job that has ended.</summary>
    public static StartTrace Of(HpcEndedJob job) =>
        new(job.JobId, job.Nodes.Count, PhasesOf(job.Trace ?? [], job.BegunAt, job.JobId, job.StartedBy));

    private static IReadOnlyList<HpcPhase> PhasesOf(
        IReadOnlyList<RecordedPhase> phases, DateTimeOffset? began, string jobId, string? command) =>
        began is { } at ? [.. phases.Select(phase => phase.Within(at, jobId, command))] : [];
}
