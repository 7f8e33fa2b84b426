namespace PisaHpc.Containers;

/// <summary>A line of a job container's log.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">The container's name.</param>
/// <param name="JobId">The job.</param>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="Time">When the engine received it, in UTC.</param>
/// <param name="Text">The line without its line end.</param>
public sealed record HpcContainerLogLine(string Node, string Name, string JobId, string Stream, DateTimeOffset Time, string Text);
