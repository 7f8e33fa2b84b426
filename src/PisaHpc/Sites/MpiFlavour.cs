namespace PisaHpc.Sites;

/// <summary>An MPI implementation, by its launcher's command line.</summary>
public enum MpiFlavour
{
    /// <summary>Open MPI 4 (ORTE) or 5 (PRRTE): the launcher's version decides.</summary>
    OpenMpi,

    /// <summary>MPICH and its kin, launched by Hydra.</summary>
    Mpich,
}
