using System.Text.RegularExpressions;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// Joins a site's job_submit.lua by one line, which comes after all of the site's and before the <c>return</c> that may end the file. A
/// file with an error keeps slurmctld from starting: what is not understood is refused.
/// </summary>
internal static partial class JobSubmitLua
{
    private const string Mark = " -- PisaHpc";

    private const string Alone = """
        function slurm_job_submit(job_desc, part_list, submit_uid)
           return slurm.SUCCESS
        end

        function slurm_job_modify(job_desc, job_ptr, part_list, modify_uid)
           return slurm.SUCCESS
        end


        """;

    /// <summary>The file for a site that has none.</summary>
    /// <param name="directory">Where pisahpc.lua is.</param>
    public static string New(string directory) => Alone + LineFor(directory) + "\n";

    /// <summary>Puts our line in. A file that has it stays as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">What stands there.</param>
    /// <param name="directory">Where pisahpc.lua is.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: its blocks are not understood, as where one is not closed.
    /// </exception>
    public static string Joined(string path, string text, string directory)
    {
        var site = Left(text);
        var line = LineFor(directory);
        return LuaBlocks.FinalReturn(path, site) is { } place ? $"{site[..place]}{line}\n{site[place..]}"
            : site.Length == 0 || site.EndsWith('\n') ? $"{site}{line}\n"
            : $"{site}\n{line}";
    }

    /// <summary>Takes our line out.</summary>
    /// <param name="text">What stands there.</param>
    /// <returns>What the site wrote, byte by byte.</returns>
    public static string Left(string text) => Ours().Replace(LastOurs().Replace(text, ""), "");

    private static string LineFor(string directory) => $"pcall(dofile, \"{directory}/pisahpc.lua\"){Mark}";

    [GeneratedRegex("""pcall\(dofile, "[^"\n]*/pisahpc\.lua"\) -- PisaHpc\n""")]
    private static partial Regex Ours();

    [GeneratedRegex("""\npcall\(dofile, "[^"\n]*/pisahpc\.lua"\) -- PisaHpc\z""")]
    private static partial Regex LastOurs();
}

/// <summary>The blocks of a Lua 5.1 chunk, as far as one has to know them to find the statement that ends it.</summary>
internal static partial class LuaBlocks
{
    /// <summary>Where the chunk's own <c>return</c> stands, which ends it; null where it has none.</summary>
    /// <param name="path">The file, for the failure.</param>
    /// <param name="text">The chunk.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>.</exception>
    public static int? FinalReturn(string path, string text)
    {
        var depth = 0;
        int? found = null;
        var end = 0;
        for (var token = Token().Match(text); token.Success; token = token.NextMatch())
        {
            RequireNothingBetween(path, text, end, token.Index);
            end = token.Index + token.Length;
            switch (token.Groups["word"].Value)
            {
                case "function" or "do" or "if" or "repeat":
                    depth++;
                    break;
                case "end" or "until":
                    depth--;
                    break;
                case "return" when depth == 0 && found is null:
                    found = token.Index;
                    break;
            }

            if (depth < 0)
            {
                throw Invalid(path, text, token.Index, $"{token.Value} closes no block.");
            }
        }

        RequireNothingBetween(path, text, end, text.Length);
        return depth == 0 ? found : throw Invalid(path, text, text.Length, "a block is not closed at the end of the file.");
    }

    private static void RequireNothingBetween(string path, string text, int from, int to)
    {
        if (to > from)
        {
            var strange = Quote.Of(text[from..Math.Min(text.Length, from + 20)]);
            throw Invalid(path, text, from, $"{strange} is not understood: a text or a comment may have no end.");
        }
    }

    private static HpcException Invalid(string path, string text, int place, string problem) => new(
        ErrorId.BatchConfigurationInvalid,
        $"{path}, line {text.AsSpan(0, place).Count('\n') + 1}: {problem}",
        path,
        "Try it with luac -p; nothing was changed.");

    /// <summary>
    /// Comments and texts are one token each, long ones by their level (Lua 5.1 Reference Manual, 2.1); then words, and every other
    /// character that is no quote.
    /// </summary>
    [GeneratedRegex(
        """
        --\[(?<level>=*)\[.*?\]\k<level>\]
        | --(?!\[=*\[)[^\n]*
        | \[(?<level2>=*)\[.*?\]\k<level2>\]
        | "(?:\\.|[^"\\\n])*"
        | '(?:\\.|[^'\\\n])*'
        | (?<word>[A-Za-z_][A-Za-z0-9_]*)
        | [0-9][0-9A-Za-z_.]*
        | -(?!-)
        | [^-"'A-Za-z0-9_]
        """,
        RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
