namespace PisaHpc.Sites;

/// <summary>A list that a layer sets.</summary>
/// <typeparam name="T">The items' type.</typeparam>
/// <param name="Items">The items, each with its place.</param>
/// <param name="Replaces">Whether it replaces the list of the layers below (tag <c>!replace</c>) instead of appending to it.</param>
/// <param name="Source">Where the list stands; null when no file set it.</param>
public sealed record ListSetting<T>(IReadOnlyList<Setting<T>> Items, bool Replaces = false, SourcePosition? Source = null);
