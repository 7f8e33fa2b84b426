namespace PisaHpc.Sites;

/// <summary>A queue: the environment its jobs get by default, and a layer between the site's and the environment's.</summary>
/// <param name="Name">The queue's or partition's name.</param>
/// <param name="Environment">The default environment's name; null when the queue has none.</param>
/// <param name="Settings">The queue's layer.</param>
public sealed record QueueDefinition(string Name, string? Environment, EnvironmentLayer Settings);
