namespace PisaHpc.Mpi;

/// <summary>How ranks get from the first node to the others.</summary>
public enum MpiLauncher
{
    /// <summary>The launcher logs in to the other containers, through the job's own sshds and keys.</summary>
    Ssh,
}
