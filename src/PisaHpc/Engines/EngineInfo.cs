namespace PisaHpc.Engines;

/// <summary>What a node's engine is.</summary>
/// <param name="Version">The engine's version.</param>
/// <param name="ApiVersion">The API version agreed on.</param>
public sealed record EngineInfo(string Version, string ApiVersion);
