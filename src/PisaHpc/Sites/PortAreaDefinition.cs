namespace PisaHpc.Sites;

/// <summary>The site's port area.</summary>
/// <param name="Path">The directory that all nodes share.</param>
/// <param name="First">The lowest port.</param>
/// <param name="Last">The highest port.</param>
/// <param name="TimeToLive">How long a lease holds unless a job asks for another time.</param>
public sealed record PortAreaDefinition(string Path, int First, int Last, TimeSpan TimeToLive);
