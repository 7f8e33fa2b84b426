namespace PisaHpc.Mpi;

/// <summary>Who listens to a run; called from any thread.</summary>
/// <param name="Output">Takes lines as they arrive; the ranks are held up while it does.</param>
/// <param name="Trace">Told of the launcher's command line.</param>
/// <param name="Warn">Told of what the launcher did wrong without failing.</param>
public sealed record MpiRunListener(Func<IReadOnlyList<MpiOutput>, Task> Output, Action<string> Trace, Action<string> Warn);
