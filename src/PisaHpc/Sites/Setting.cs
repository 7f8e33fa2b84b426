namespace PisaHpc.Sites;

/// <summary>A value that a layer sets. A layer that says nothing of a setting holds null in place of this.</summary>
/// <typeparam name="T">The value's type; a null value is said on purpose (no limit, the node's own).</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Source">Where it stands; null when no file set it.</param>
public sealed record Setting<T>(T Value, SourcePosition? Source = null);

/// <summary>Makes settings that no file set: those of a cmdlet's parameters.</summary>
public static class Setting
{
    /// <summary>Makes a setting.</summary>
    public static Setting<T> Of<T>(T value) => new(value);

    /// <summary>Makes a list setting that appends to the layers below.</summary>
    public static ListSetting<T> Appending<T>(params IEnumerable<T> values) => new([.. values.Select(Of)]);

    /// <summary>Makes a list setting that replaces what the layers below say.</summary>
    public static ListSetting<T> Replacing<T>(params IEnumerable<T> values) => new([.. values.Select(Of)], Replaces: true);
}

/// <summary>Where a setting of an environment came from.</summary>
/// <param name="Option">
/// The setting, as a path: <c>image</c>, <c>limits.memlock</c>; with the item in brackets for a list, <c>mounts[/cvmfs]</c> (by target),
/// <c>capabilities[SYS_PTRACE]</c>, <c>variables[OMP_NUM_THREADS]</c>.
/// </param>
/// <param name="Value">Its value in words.</param>
/// <param name="Layer">
/// The layer that set it: <c>built-in</c>, <c>site defaults</c>, <c>queue hpc</c>, <c>environment debian12</c>, <c>parameter</c>; the
/// registry's is <c>site</c>.
/// </param>
/// <param name="File">The file; null when no file set it.</param>
/// <param name="Line">The line in the file, from 1; 0 when no file set it.</param>
public sealed record SettingOrigin(string Option, string Value, string Layer, string? File = null, int Line = 0)
{
    /// <summary>The environment it is a setting of; null where that is known from the context.</summary>
    public string? Environment { get; init; }

    /// <summary>Whether no layer of the site and no parameter set it.</summary>
    internal bool IsBuiltIn => Layer == EnvironmentLayer.BuiltIn.Layer;

    /// <summary>The layer, and the place where a file set it: <c>site defaults (/etc/pisahpc/site.yaml:7)</c>.</summary>
    public override string ToString() => File is null ? Layer : $"{Layer} ({File}:{Line})";
}

/// <summary>A list that a layer sets.</summary>
/// <typeparam name="T">The items' type.</typeparam>
/// <param name="Items">The items, each with its place.</param>
/// <param name="Replaces">Whether it replaces the list of the layers below (tag <c>!replace</c>) instead of appending to it.</param>
/// <param name="Source">Where the list stands; null when no file set it.</param>
public sealed record ListSetting<T>(IReadOnlyList<Setting<T>> Items, bool Replaces = false, SourcePosition? Source = null);
