namespace PisaHpc.Engines;

/// <summary>A line of a container's log.</summary>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="Time">When the engine received it, in UTC.</param>
/// <param name="Text">The line without its line end.</param>
public sealed record EngineLogLine(string Stream, DateTimeOffset Time, string Text);
