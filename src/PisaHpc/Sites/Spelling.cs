namespace PisaHpc.Sites;

/// <summary>Finds the known word that a misspelt one was meant to be.</summary>
public static class Spelling
{
    /// <summary>The nearest known word; null when none is near enough to be meant.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="known">The words that would have been right.</param>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var nearest = ByDistance(word, known).FirstOrDefault();
        return nearest is not null && Distance(word, nearest) <= Math.Max(1, Math.Max(word.Length, nearest.Length) / 3) ? nearest : null;
    }

    /// <summary>The known words, nearest first.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="known">The words that would have been right.</param>
    public static IEnumerable<string> ByDistance(string word, IEnumerable<string> known) =>
        known.OrderBy(candidate => Distance(word, candidate)).ThenBy(candidate => candidate, StringComparer.Ordinal);

    /// <summary>How many letters must be added, removed, changed or swapped with their neighbour, whatever their case.</summary>
    private static int Distance(string left, string right)
    {
        var (a, b) = (left.ToUpperInvariant(), right.ToUpperInvariant());
        var (before, last, row) = (new int[b.Length + 1], Enumerable.Range(0, b.Length + 1).ToArray(), new int[b.Length + 1]);
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}
