namespace PisaHpc.Allocations;

/// <summary>Host lists such as <c>o2wn[01-16,20],login1</c>.</summary>
public static class HostList
{
    /// <summary>Expands a host list.</summary>
    /// <param name="text">The list.</param>
    public static IReadOnlyList<string> Expand(string text) => text.Split(',');
}
