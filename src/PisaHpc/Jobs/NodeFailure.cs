namespace PisaHpc.Jobs;

/// <summary>A node on which a job's start or stop failed, and why.</summary>
/// <param name="Node">The node.</param>
/// <param name="Cause">The failure.</param>
public sealed record NodeFailure(string Node, Exception Cause)
{
    /// <summary>The failure in a line.</summary>
    public override string ToString() =>
        Cause is HpcException { Id: var id } ? $"{Node}: {id}: {Cause.Message}" : $"{Node}: {Cause.Message}";
}
