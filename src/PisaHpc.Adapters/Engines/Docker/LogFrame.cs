namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>A piece of a log as the engine sent it: one write of the container, or part of one.</summary>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record LogFrame(string Stream, ReadOnlyMemory<byte> Bytes);
