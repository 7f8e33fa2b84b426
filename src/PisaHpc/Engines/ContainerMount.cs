namespace PisaHpc.Engines;

/// <summary>A bind mount.</summary>
/// <param name="Source">The path on the node, which exists.</param>
/// <param name="Target">The path in the container.</param>
/// <param name="ReadOnly">Whether the container may not write.</param>
/// <param name="Propagation">The propagation; null for the engine's default.</param>
public sealed record ContainerMount(string Source, string Target, bool ReadOnly, string? Propagation = null)
{
    /// <summary>The mount as <c>docker run -v</c> writes it.</summary>
    public override string ToString() =>
        string.Join(':', new[] { Source, Target, string.Join(',', new[] { ReadOnly ? "ro" : "rw", Propagation }.OfType<string>()) });
}
