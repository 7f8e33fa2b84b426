using System.Text;

namespace PisaHpc.Nodes;

/// <summary>The one place where arguments become text for a POSIX shell.</summary>
public static class ShellQuoting
{
    /// <summary>Quotes an argument array so that <c>sh -c</c> sees exactly those arguments.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <returns>One line of shell.</returns>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/>: an argument holds a NUL, which no argument vector can carry (execve(2)).
    /// </exception>
    public static string Join(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quote));

    /// <summary>Quotes one argument, only where it needs it (POSIX.1-2017, Shell Command Language 2.2).</summary>
    /// <param name="argument">Any text without NUL.</param>
    public static string Quote(string argument)
    {
        if (argument.Contains('\0', StringComparison.Ordinal))
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"{Errors.Quote.Of(argument)} holds a NUL, which no argument of a command can carry.", argument);
        }

        if (argument.Length > 0 && argument.All(IsPlain))
        {
            return argument;
        }

        return new StringBuilder("'").Append(argument.Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'').ToString();
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || "-_./:,+@%".Contains(c, StringComparison.Ordinal);
}
