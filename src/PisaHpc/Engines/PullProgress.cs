namespace PisaHpc.Engines;

/// <summary>How far a pull has come.</summary>
/// <param name="Activity">What the engine does: downloading or unpacking.</param>
/// <param name="Bytes">Bytes downloaded of the layers that the node lacks.</param>
/// <param name="TotalBytes">Bytes of those layers as the registry sends them; grows as the engine takes up more of them.</param>
public sealed record PullProgress(string Activity, long Bytes, long TotalBytes);
