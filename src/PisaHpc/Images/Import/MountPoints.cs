using System.Text.RegularExpressions;

namespace PisaHpc.Images.Import;

/// <summary>
/// The mount points below a directory, from /proc/self/mountinfo (proc(5)); bind mounts of the same file system are among them.
/// </summary>
public static partial class MountPoints
{
    private const int MountPointField = 4;

    /// <summary>Finds them.</summary>
    /// <param name="mountInfo">The text of /proc/self/mountinfo.</param>
    /// <param name="root">The directory, as an absolute path without links.</param>
    /// <returns>Their paths from the directory, each once, none that lies in another.</returns>
    public static IReadOnlyList<string> Below(string mountInfo, string root)
    {
        var prefix = root.TrimEnd('/') + "/";
        var found = new List<string>();
        var below =
            from line in mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            let point = Unescape(line.Split(' ')[MountPointField])
            where point.Length > prefix.Length && point.StartsWith(prefix, StringComparison.Ordinal)
            select point[prefix.Length..];
        foreach (var point in below.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!found.Exists(known => point.StartsWith(known + "/", StringComparison.Ordinal)))
            {
                found.Add(point);
            }
        }

        return found;
    }

    /// <summary>The kernel writes blanks, newlines and backslashes as octal numbers.</summary>
    private static string Unescape(string text) =>
        OctalEscape().Replace(text, match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString());

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex OctalEscape();
}
