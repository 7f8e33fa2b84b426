namespace PisaHpc.Unit.Face;

/// <summary>Markdown as the pages use it: headings outside of fences, and fenced blocks.</summary>
internal static class Markdown
{
    private const string Fence = "```";

    /// <summary>
    /// The sections under the headings of a level, in order, as title and body; what comes before the first has an empty title.
    /// </summary>
    public static IReadOnlyList<(string Title, string Body)> Sections(string text, int level)
    {
        var mark = new string('#', level) + " ";
        var sections = new List<(string Title, List<string> Lines)> { ("", []) };
        var isFenced = false;
        foreach (var line in text.Split('\n'))
        {
            isFenced ^= line.StartsWith(Fence, StringComparison.Ordinal);
            if (!isFenced && line.StartsWith(mark, StringComparison.Ordinal))
            {
                sections.Add((line[mark.Length..].Trim(), []));
            }
            else
            {
                sections[^1].Lines.Add(line);
            }
        }

        return [.. sections.Select(section => (section.Title, string.Join('\n', section.Lines).Trim()))];
    }

    /// <summary>The fenced blocks of a language (empty for none named), without their fences.</summary>
    public static IReadOnlyList<string> Fences(string text, string language)
    {
        var blocks = new List<string>();
        List<string>? block = null;
        foreach (var line in text.Split('\n'))
        {
            if (block is null)
            {
                block = line == Fence + language ? [] : line.StartsWith(Fence, StringComparison.Ordinal) ? [Fence] : null;
            }
            else if (line == Fence)
            {
                if (block.FirstOrDefault() != Fence)
                {
                    blocks.Add(string.Join('\n', block));
                }

                block = null;
            }
            else
            {
                block.Add(line);
            }
        }

        return blocks;
    }

    /// <summary>The text outside of fenced blocks.</summary>
    public static string Prose(string text)
    {
        var isFenced = false;
        var lines = text.Split('\n').Where(line =>
        {
            var isFence = line.StartsWith(Fence, StringComparison.Ordinal);
            isFenced ^= isFence;
            return !isFenced && !isFence;
        });
        return string.Join('\n', lines).Trim();
    }
}
