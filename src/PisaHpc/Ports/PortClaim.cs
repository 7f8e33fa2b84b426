using PisaHpc.Posix;

namespace PisaHpc.Ports;

/// <summary>
/// One job's claim to one port.
/// <para>
/// The order of the steps, under the port's lock: see that the port has one name; write the record (claimed); link the port's file to the
/// job's name; see that the file has exactly two names; mark the record as granted. The link is the one atomic step that takes the port:
/// before it the port is free, whatever its file says, and after it the port is held, whatever happens to the claimer.
/// </para>
/// <para>
/// Why no port goes to two jobs: a claimer that sees two names (the port's and its own) while its link stands is alone, and everybody who
/// links later sees three and goes away. It holds without the lock, which keeps two claimers from scaring each other off, the records
/// whole, and a live claim apart from a dead one. Why none is lost: the record stands before the link does, so that every link has an
/// owner and an end. A script that links without looking back is seen when it came first; one that comes later is shown as incomplete.
/// </para>
/// <para>
/// A kill before the link leaves the port free. A kill after it leaves a claimed record: the same job asking again finishes it, other jobs
/// see a held port, and since the kernel has dropped the lock, <see cref="PortRelease"/> can tell that the claimer is dead.
/// </para>
/// </summary>
internal sealed class PortClaim(
    PortDirectory directory, FreePorts free, PortRequest request, TimeProvider clock, Action<PortStep>? afterStep, CancellationToken stop)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly string _link = directory.LinkOf(request.JobId);

    private enum Outcome
    {
        Granted,

        /// <summary>The port is another job's.</summary>
        Taken,

        /// <summary>Somebody else is at the port this moment; it may turn out free.</summary>
        Contended,

        /// <summary>Another process of this job has linked a port meanwhile.</summary>
        HeldElsewhere,
    }

    /// <summary>Claims.</summary>
    /// <returns>The lease, and the port's lock with it.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaExhausted"/> after a full pass that found no port.</exception>
    public PortHold Run()
    {
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            if (TryHeld() is { } held)
            {
                return held;
            }

            var (claimed, outcome) = TryFree();
            if (claimed is not null)
            {
                return claimed;
            }

            if (outcome == Outcome.Taken || Environment.TickCount64 > deadline)
            {
                throw free.Exhausted();
            }

            stop.WaitHandle.WaitOne(Random.Shared.Next(1, 20));
        }
    }

    /// <summary>The port that the job's link stands for, once it is the job's alone; null when the job has to look for another.</summary>
    private PortHold? TryHeld() => directory.Lock(_link, directory.Patience, stop) is var (file, held)
        ? Hold(file, isNew: false, () => Keep(file, held))
        : null;

    /// <summary>Gives a port's file away with what was leased; closes it when nothing was.</summary>
    private PortHold? Hold(PortFile file, bool isNew, Func<JobPort?> claim)
    {
        JobPort? lease = null;
        try
        {
            lease = claim();
            return lease is null ? null : new PortHold(file, lease, isNew, new PortRelease(directory, afterStep));
        }
        finally
        {
            if (lease is null)
            {
                file.Dispose();
            }
        }
    }

    private JobPort? Keep(PortFile file, HeldPort held)
    {
        if (held.Record is { State: ClaimState.Granted } record)
        {
            var wanted = record.Renewed(request, clock.GetUtcNow());
            if (wanted != record)
            {
                file.Write(wanted, durable: true, file.Note());
            }

            return wanted.ToJobPort(directory.Path, LeaseState.Leased, changed: wanted != record);
        }

        if (held.Status.Links == 2)
        {
            return Grant(file);
        }

        BackOff(file);
        return null;
    }

    /// <summary>A pass over the free ports: the lease, or the most hopeful outcome that a port had.</summary>
    private (PortHold? Claimed, Outcome Outcome) TryFree()
    {
        var contended = false;
        foreach (var port in free.Ports())
        {
            if (PortFile.Open(directory.FileOf(port), port) is not { } file)
            {
                continue;
            }

            var outcome = Outcome.Contended;
            var claimed = Hold(file, isNew: true, () =>
            {
                outcome = file.TryLock() ? Take(file) : Outcome.Contended;
                return outcome == Outcome.Granted ? Grant(file) : null;
            });
            if (claimed is not null)
            {
                return (claimed, outcome);
            }

            if (outcome == Outcome.HeldElsewhere)
            {
                return (null, outcome);
            }

            contended |= outcome == Outcome.Contended;
        }

        return (null, contended ? Outcome.Contended : Outcome.Taken);
    }

    private Outcome Take(PortFile file)
    {
        afterStep?.Invoke(PortStep.Locked);
        if (file.Status() is not { Links: 1 } status)
        {
            return Outcome.Taken;
        }

        file.Write(LeaseRecord.Of(request, file.Port, ClaimState.Claimed, clock.GetUtcNow()), durable: true, note: null);
        afterStep?.Invoke(PortStep.RecordWritten);

        // NFS may make the link and, its answer lost, say that it exists: then it is this very file's.
        if (!TryLink(file) && LinuxFile.Status(_link)?.Identity != status.Identity)
        {
            file.ClearRecordOf(request.JobId);
            return Outcome.HeldElsewhere;
        }

        afterStep?.Invoke(PortStep.Linked);
        if (LinuxFile.Status(_link) is { Links: 2 } linked && linked.Identity == status.Identity)
        {
            return Outcome.Granted;
        }

        BackOff(file);
        return Outcome.Contended;
    }

    private bool TryLink(PortFile file)
    {
        try
        {
            return LinuxFile.TryLink(file.Name, _link);
        }
        catch (HpcException)
        {
            file.ClearRecordOf(request.JobId);
            throw;
        }
    }

    private JobPort Grant(PortFile file)
    {
        var record = LeaseRecord.Of(request, file.Port, ClaimState.Granted, clock.GetUtcNow());
        file.Write(record, durable: false, note: null);
        afterStep?.Invoke(PortStep.Granted);
        return record.ToJobPort(directory.Path, LeaseState.Leased, changed: true);
    }

    private void BackOff(PortFile file)
    {
        LinuxFile.TryUnlink(_link);
        afterStep?.Invoke(PortStep.Unlinked);
        file.ClearRecordOf(request.JobId);
    }
}

/// <summary>The points between the system calls of a claim and a release, at each of which a process may be killed.</summary>
internal enum PortStep
{
    /// <summary>The port's lock is taken.</summary>
    Locked,

    /// <summary>The port's file names the job, as claimed.</summary>
    RecordWritten,

    /// <summary>The job's link is made.</summary>
    Linked,

    /// <summary>The port's file names the job, as granted.</summary>
    Granted,

    /// <summary>The job's link is gone.</summary>
    Unlinked,
}
