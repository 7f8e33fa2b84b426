namespace PisaHpc.Mpi;

/// <summary>A line that a rank, or the launcher, wrote.</summary>
/// <param name="Rank">The rank in MPI_COMM_WORLD; null when the launcher itself wrote the line.</param>
/// <param name="Node">The node on which it runs.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">The line without its line end; NULs, which PRRTE strews in, are left out.</param>
/// <param name="Time">When the line arrived, in UTC.</param>
public sealed record MpiOutput(int? Rank, string Node, string Stream, string Text, DateTimeOffset Time)
{
    /// <summary>The line.</summary>
    public override string ToString() => Text;
}
