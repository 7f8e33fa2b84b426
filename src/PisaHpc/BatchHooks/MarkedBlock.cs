using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace PisaHpc.BatchHooks;

/// <summary>
/// Lines of ours in a file of the site's, where no comment can stand behind a value: a block at the end, between two comments. The first
/// has a digest of the block, by which one that the site has changed since is known for one, and says how the file ended before. So taking
/// the block out gives the file as it was, byte by byte, whatever the site wrote elsewhere in it meanwhile.
/// </summary>
internal static partial class MarkedBlock
{
    private const string Begin = "# PisaHpc: begin ";
    private const string End = "# PisaHpc: end";
    private const string NewFile = ", a file of its own";
    private const string NoLineEnd = ", behind a line without its end";

    /// <summary>Puts a block at the end of a text; one that stands there already is put anew.</summary>
    /// <param name="path">The file, for the failure.</param>
    /// <param name="text">What stands there; null for no file.</param>
    /// <param name="lines">The block's lines.</param>
    /// <exception cref="HpcException">As <see cref="TakenOut"/> has it.</exception>
    public static string Joined(string path, string? text, IReadOnlyList<string> lines)
    {
        var site = text is null ? null : TakenOut(path, text);
        var end = site?.IndexOf('\n', StringComparison.Ordinal) is > 0 and var first && site[first - 1] == '\r' ? "\r\n" : "\n";
        var block = string.Concat(lines.Select(line => line + end));
        var lacksEnd = site is { Length: > 0 } && !site.EndsWith('\n');
        var state = site is null ? NewFile : lacksEnd ? NoLineEnd : "";
        return $"{site}{(lacksEnd ? end : "")}{Begin}{DigestOf(block)}{state}{end}{block}{End}{end}";
    }

    /// <summary>The block's lines in a text; null when it has none.</summary>
    public static IReadOnlyList<string>? LinesIn(string text) => Block().Match(text) is { Success: true } block
        ? block.Groups["block"].Value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : null;

    /// <summary>Takes the block out.</summary>
    /// <param name="path">The file, for the failure.</param>
    /// <param name="text">What stands there.</param>
    /// <returns>What the site wrote; null when that is nothing, and there was no file before.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: a line of ours was changed, or one of the two comments is gone.
    /// </exception>
    public static string? TakenOut(string path, string text)
    {
        var block = Block().Match(text);
        if (!block.Success || block.Groups["digest"].Value != DigestOf(block.Groups["block"].Value))
        {
            return Mark().Match(text) is { Success: true } mark
                ? throw Changed(path, text.AsSpan(0, mark.Index).Count('\n') + 1)
                : text;
        }

        var (before, behind) = (text[..block.Index], text[(block.Index + block.Length)..]);
        if (Mark().Match(before + behind) is { Success: true } another)
        {
            throw Changed(path, (before + behind).AsSpan(0, another.Index).Count('\n') + 1);
        }

        return block.Groups["state"].Value switch
        {
            NewFile when before.Length + behind.Length == 0 => null,
            NoLineEnd when behind.Length == 0 => before[..^(before.EndsWith("\r\n", StringComparison.Ordinal) ? 2 : 1)],
            _ => before + behind,
        };
    }

    /// <summary>The change of a file that takes the block out; no file where there was none.</summary>
    /// <exception cref="HpcException">As <see cref="TakenOut"/> has it.</exception>
    public static TextChange Left(TextChange read) => read with { After = read.Before is { } text ? TakenOut(read.Path, text) : null };

    private static HpcException Changed(string path, int line) => new(
        ErrorId.BatchConfigurationInvalid,
        string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}: the lines of PisaHpc that begin there were changed since."),
        path,
        $"Take them out by hand, from {Quote.Of(Begin.Trim())} to {Quote.Of(End)}, or those two comments where the lines shall stay.");

    private static string DigestOf(string block) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(block)))[..8];

    [GeneratedRegex(
        @"^\# PisaHpc: begin (?<digest>[0-9a-f]{8})(?<state>[^\r\n]*)\r?\n(?<block>.*?)^\# PisaHpc: end\r?\n",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\# PisaHpc: (begin|end)\b", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
