namespace PisaHpc.Mpi;

/// <summary>A process of a run in the first node's container.</summary>
/// <param name="Id">Its id in the container.</param>
/// <param name="State">Its state, a letter of proc_pid_stat(5): R runs, S sleeps, D waits for a disk, T is stopped.</param>
/// <param name="Processor">The time that it has had on processors.</param>
/// <param name="Arguments">The first of its arguments, the program's name included.</param>
internal sealed record RunProcess(int Id, char State, TimeSpan Processor, IReadOnlyList<string> Arguments)
{
    /// <summary>Whether it runs, or did for half of a time or more.</summary>
    /// <param name="elapsed">For how long its run has been going.</param>
    public bool IsBusy(TimeSpan elapsed) => State == 'R' || Processor >= elapsed / 2;

    /// <summary>Whether it is the shell around a rank.</summary>
    public bool IsRank => Arguments is ["sh", "-c", "trap", ":", "USR1", ..];

    /// <summary>Whether it is an ssh client.</summary>
    public bool IsSsh => Program == "ssh";

    /// <summary>Its program's name, without directories.</summary>
    public string Program => Arguments.Count == 0 ? "" : Arguments[0][(Arguments[0].LastIndexOf('/') + 1)..];

    /// <inheritdoc/>
    public override string ToString() => $"{Program} (process {Id})";
}
