namespace PisaHpc.Sites;

/// <summary>One layer of settings: what one place in the site definition, or the parameters of one call, say of an environment.</summary>
public sealed record EnvironmentLayer
{
    /// <summary>A layer that says nothing.</summary>
    public static EnvironmentLayer Empty { get; } = new() { Layer = "empty" };

    /// <summary>The layer's name in words, for <see cref="SettingOrigin.Layer"/>.</summary>
    public required string Layer { get; init; }
}
