namespace PisaHpc.Mpi;

/// <summary>Who listens to a run; called from any thread.</summary>
/// <param name="Output">
/// Takes lines as they arrive. While it does, MPICH's ranks are held up; Open MPI's go on, and what they print waits on the disk of the
/// first node's container.
/// </param>
/// <param name="Trace">Told of the launcher's command line.</param>
/// <param name="Warn">Told of what the launcher did wrong without failing.</param>
public sealed record MpiRunListener(Func<IReadOnlyList<MpiOutput>, Task> Output, Action<string> Trace, Action<string> Warn);
