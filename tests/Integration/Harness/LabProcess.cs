using System.Globalization;

namespace PisaHpc.Integration.Harness;

/// <summary>A process of this machine, which sees those of all nodes and containers as its own.</summary>
/// <param name="Id">Its id here.</param>
/// <param name="Arguments">Its arguments; none for one of the kernel's, and where it ended meanwhile.</param>
internal sealed record LabProcess(string Id, IReadOnlyList<string> Arguments)
{
    /// <summary>The arguments in a line.</summary>
    public string CommandLine => string.Join(' ', Arguments);

    /// <summary>The id of its parent; null when it has ended.</summary>
    public string? Parent => TextOf(Id, "status").Split('\n')
        .FirstOrDefault(line => line.StartsWith("PPid:", StringComparison.Ordinal))?["PPid:".Length..].Trim();

    /// <summary>All of them.</summary>
    public static IEnumerable<LabProcess> All() =>
        from directory in Directory.EnumerateDirectories("/proc")
        let id = Path.GetFileName(directory)
        where int.TryParse(id, CultureInfo.InvariantCulture, out _)
        let text = TextOf(id, "cmdline").TrimEnd('\0')
        select new LabProcess(id, text.Length == 0 ? [] : text.Split('\0'));

    private static string TextOf(string id, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine("/proc", id, file));
        }
        catch (IOException)
        {
            return ""; // It ended between the listing and the look.
        }
    }
}
