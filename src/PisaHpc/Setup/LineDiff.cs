namespace PisaHpc.Setup;

/// <summary>
/// What changed between two texts, line by line: "- " before a line that goes, "+ " before one that comes, "  " before one that stays.
/// </summary>
internal static class LineDiff
{
    /// <summary>Compares two texts by their longest common subsequence of lines.</summary>
    /// <param name="old">The old text; null for none.</param>
    /// <param name="changed">The new text.</param>
    /// <returns>The lines; empty when nothing changed.</returns>
    public static IReadOnlyList<string> Of(string? old, string changed)
    {
        var (before, after) = (LinesOf(old ?? ""), LinesOf(changed));
        if (before.SequenceEqual(after))
        {
            return [];
        }

        var common = CommonLengths(before, after);
        var lines = new List<string>();
        var (i, j) = (0, 0);
        while (i < before.Length || j < after.Length)
        {
            if (i < before.Length && j < after.Length && before[i] == after[j])
            {
                lines.Add("  " + before[i]);
                (i, j) = (i + 1, j + 1);
            }
            else if (j == after.Length || (i < before.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Add("- " + before[i++]);
            }
            else
            {
                lines.Add("+ " + after[j++]);
            }
        }

        return lines;
    }

    private static int[,] CommonLengths(string[] before, string[] after)
    {
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
            {
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        return common;
    }

    private static string[] LinesOf(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');
}
