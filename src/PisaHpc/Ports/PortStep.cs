namespace PisaHpc.Ports;

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
