namespace PisaHpc.Sites;

/// <summary>When the hooks have the batch system give a node no more jobs; a site without one leaves that to its admins.</summary>
public sealed record DrainRule
{
    /// <summary>After how many different jobs in a row that the node itself kept from being set up; 1 or more.</summary>
    public int After { get; init; }

    /// <summary>How many nodes of the cluster may be drained by it within an hour; 1 or more.</summary>
    public int PerHour { get; init; } = 2;
}
