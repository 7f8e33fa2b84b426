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
    /// <param name="value">The value.</param>
    public static Setting<T> Of<T>(T value) => new(value);

    /// <summary>Makes a list setting that appends to the layers below.</summary>
    /// <param name="values">The items.</param>
    public static ListSetting<T> Appending<T>(params IEnumerable<T> values) => new([.. values.Select(Of)]);

    /// <summary>Makes a list setting that replaces what the layers below say.</summary>
    /// <param name="values">The items.</param>
    public static ListSetting<T> Replacing<T>(params IEnumerable<T> values) => new([.. values.Select(Of)], Replaces: true);
}
