using System.Globalization;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.HTCondor;

/// <summary>
/// An allocation of HTCondor: a slot of one machine, from the two files that the starter writes for a job, its own ad and its slot's
/// (<c>_CONDOR_JOB_AD</c>, <c>_CONDOR_MACHINE_AD</c>). A slot's whole CPU is a slot here.
/// </summary>
internal static class HTCondorAllocation
{
    /// <summary>The variable whose presence means a job of HTCondor.</summary>
    public const string JobAdVariable = "_CONDOR_JOB_AD";

    private const string MachineAdVariable = "_CONDOR_MACHINE_AD";
    private const string ScratchVariable = "_CONDOR_SCRATCH_DIR";

    /// <summary>sudo(8) names by it the user who had it run something.</summary>
    private const string CallerVariable = "SUDO_UID";

    private const long BytesOfMebibyte = 1 << 20;

    /// <summary>Reads the allocation.</summary>
    /// <param name="owner">
    /// The owner; null takes the user of this process, for HTCondor runs a job and its hooks as whom it runs the job; of root's the one for
    /// whom sudo runs it.
    /// </param>
    public static HpcAllocation Read(JobEnvironment environment, string? owner)
    {
        var job = AdOf(environment);
        var jobId = IdOf(job);
        var slot = environment.Value(MachineAdVariable) is { } path ? new JobAd(environment, MachineAdVariable, path)
            : throw new HpcException(
                ErrorId.AllocationNotFound, $"HTCondor job {jobId} has no slot here: {MachineAdVariable} is not set.", jobId);
        return new HpcAllocation
        {
            JobId = jobId,
            BatchSystem = Scheduler.HTCondor,
            RestartCount = job.Number("NumJobStarts"),
            Nodes = [NodeOf(slot, environment.Value(ScratchVariable))],
            Owner = OwnerOf(environment, owner, jobId),
        };
    }

    /// <summary>
    /// The id of the job: its cluster and process with the scheduler that counts them, of which a pool has several. <c>@</c> in that one's
    /// name is <c>_</c>.
    /// </summary>
    public static string JobIdOf(JobEnvironment environment) => IdOf(AdOf(environment));

    private static JobAd AdOf(JobEnvironment environment) => environment.Value(JobAdVariable) is { } path
        ? new JobAd(environment, JobAdVariable, path)
        : throw new HpcException(
            ErrorId.AllocationNotFound, $"This process is part of no job of HTCondor: {JobAdVariable} is not set.");

    /// <summary>
    /// Reads cluster and process, and the scheduler of <c>sched01.cluster.example#1234.5#1764430000</c>: its time is not always there
    /// (manual, GLOBAL_JOB_ID_WITH_TIME).
    /// </summary>
    private static string IdOf(JobAd job) =>
        (job.Number("ClusterId"), job.Number("ProcId"), job.Text("GlobalJobId")?.Split('#')) switch
        {
            ( >= 0 and var cluster, >= 0 and var process, [{ Length: > 0 } scheduler, ..]) => JobIds.Validate(
                HTCondorJobId.Of(cluster, process, scheduler).ToString(), "GlobalJobId"),
            _ => throw new HpcException(
                ErrorId.InvalidValue,
                $"{JobAdVariable} does not say which job it is: expected ClusterId, ProcId and GlobalJobId, scheduler#1234.5#time, "
                + $"and found {Quote.Of(job.Text("GlobalJobId") ?? "")}.",
                JobAdVariable),
        };

    private static AllocatedNode NodeOf(JobAd slot, string? scratch)
    {
        var machine = HostNames.Validate(slot.Text("Machine") ?? "", "Machine of " + MachineAdVariable);
        var cpus = slot.Real("Cpus") is >= 1 and <= int.MaxValue and var count ? (int)count : throw new HpcException(
            ErrorId.InvalidValue, $"{MachineAdVariable} does not say how many Cpus the slot has on {machine}, or less than one.",
            MachineAdVariable);
        return new AllocatedNode(machine, cpus)
        {
            Cpus = cpus,
            MemoryBytes = slot.Real("Memory") is > 0 and var mebibytes ? (long)mebibytes * BytesOfMebibyte : null,
            ScratchDirectory = scratch,
        };
    }

    private static JobOwner OwnerOf(JobEnvironment environment, string? owner, string jobId)
    {
        if (owner is not null)
        {
            return environment.FindOwner(owner);
        }

        var isOfRoot = environment.ProcessOwner().Uid == 0;
        return isOfRoot && uint.TryParse(
            environment.Value(CallerVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var uid) && uid > 0
            ? environment.OwnerOfUid(uid)
            : environment.OwnProcessOwner(jobId);
    }
}
