using System.Text;

namespace PisaHpc.Access.Ssh;

/// <summary>Packs words into lines of a limited length.</summary>
internal static class LineFolding
{
    /// <summary>Joins words with a separator; a line is closed before it would pass the limit. A word is never cut.</summary>
    public static IEnumerable<string> Fold(IEnumerable<string> words, char separator, int limit)
    {
        var line = new StringBuilder();
        foreach (var word in words)
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > limit)
            {
                yield return line.ToString();
                line.Clear();
            }

            if (line.Length > 0)
            {
                line.Append(separator);
            }

            line.Append(word);
        }

        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }
}
