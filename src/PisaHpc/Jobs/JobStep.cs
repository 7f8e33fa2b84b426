namespace PisaHpc.Jobs;

/// <summary>A step of a job's start or stop, for progress.</summary>
/// <param name="Node">The node; null for a step of the job as a whole.</param>
/// <param name="Activity">What begins.</param>
/// <param name="Done">Whether the node has nothing more to do.</param>
public sealed record JobStep(string? Node, string Activity, bool Done = false);
