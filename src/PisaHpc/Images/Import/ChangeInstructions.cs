using System.Text;
using System.Text.RegularExpressions;

namespace PisaHpc.Images.Import;

/// <summary>The instructions that set an imported image's configuration, in the notation of a Dockerfile.</summary>
public static partial class ChangeInstructions
{
    /// <summary>Those that an engine takes with an import (moby, builder/dockerfile, validCommitCommands).</summary>
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "USER", "VOLUME", "WORKDIR",
    };

    /// <summary>Checks an admin's instruction before anything is read.</summary>
    /// <param name="instruction">One line, such as <c>ENV LANG=C.UTF-8</c>.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>.</exception>
    public static string Validate(string instruction)
    {
        var match = Shape().Match(instruction);
        return match.Success && Known.Contains(match.Groups["word"].Value)
            ? instruction
            : throw new HpcException(
                ErrorId.InvalidValue,
                $"The instruction {Quote.Of(instruction)} is not one of {string.Join(", ", Known.Order(StringComparer.Ordinal))} with "
                + "what it sets, on one line.",
                instruction,
                """Write it as in a Dockerfile: -Change 'CMD ["/bin/bash"]', 'ENV LANG=C.UTF-8', 'WORKDIR /work', 'LABEL site=pisa'.""");
    }

    /// <summary>The instruction that sets labels.</summary>
    /// <param name="labels">Names and values.</param>
    public static string Label(IEnumerable<KeyValuePair<string, string>> labels) =>
        "LABEL " + string.Join(' ', labels.Select(label => $"\"{label.Key}\"=\"{Escape(label.Value)}\""));

    /// <summary>Within double quotes the backslash escapes, and $ would name a variable; a line cannot hold control characters.</summary>
    private static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var c in value)
        {
            text.Append(c is '"' or '\\' or '$' ? $"\\{c}" : char.IsControl(c) ? "?" : c.ToString());
        }

        return text.ToString();
    }

    [GeneratedRegex(@"\A(?<word>[A-Za-z]+)[ \t]+[^\r\n]*[^\s][^\r\n]*\z")]
    private static partial Regex Shape();
}
