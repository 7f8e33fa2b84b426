namespace PisaHpc.Batch;

/// <summary>The batch system that granted an allocation.</summary>
public enum Scheduler
{
    /// <summary>None: the allocation was made by hand.</summary>
    Manual,

    /// <summary>IBM Spectrum LSF.</summary>
    Lsf,

    /// <summary>Slurm.</summary>
    Slurm,

    /// <summary>PBS Pro, OpenPBS or Torque.</summary>
    Pbs,
}
