namespace PisaHpc.Engines;

/// <summary>How far the push of a layer has come.</summary>
/// <param name="Layer">The layer's short id, as the engine writes it.</param>
/// <param name="Activity">The engine's words: Preparing, Waiting, Pushing, Pushed, Layer already exists, Retrying in 5 seconds.</param>
/// <param name="Bytes">Bytes sent, unpacked; 0 where the engine does not say.</param>
/// <param name="TotalBytes">Bytes of the layer, unpacked; 0 where the engine does not say.</param>
public sealed record LayerPush(string Layer, string Activity, long Bytes, long TotalBytes)
{
    /// <summary>Whether the registry has it.</summary>
    public bool Done => Activity is "Pushed" or "Layer already exists" || Activity.StartsWith("Mounted from", StringComparison.Ordinal);
}
