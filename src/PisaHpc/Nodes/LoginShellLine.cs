using System.Text;

namespace PisaHpc.Nodes;

/// <summary>
/// A POSIX script as one line for a login shell of any kind. sshd hands a command to the account's shell (sshd(8), login process), and
/// that may be csh, tcsh, fish or zsh, whose quoting is not POSIX's: csh ends a quoted word at a line's end and looks for <c>!</c> in
/// single quotes too, fish takes a backslash in them for an escape, and of characters beyond ASCII each makes what its locale says. All of
/// them, and every POSIX shell, read a single-quoted word of the other characters alike.
/// </summary>
public static class LoginShellLine
{
    /// <summary>
    /// Puts the words together again and lets sh read them: printf repeats its format for each word, and no escape is cut in two.
    /// </summary>
    private const string Head = "exec /bin/sh -c 'eval \"$(printf %b \"$@\")\"' sh";

    /// <summary>The same where words of the script's own follow behind a mark, which no script's word is.</summary>
    private const string HeadOfScript =
        "exec /bin/sh -c 'pisahpc_script=; until [ \"$1\" = -- ]; do pisahpc_script=$pisahpc_script$1; shift; done; shift; "
        + "eval \"$(printf %b \"$pisahpc_script\")\"'";

    /// <summary>csh takes words of 1,024 characters at least (BUFSIZ in old ones); a line has as many words as it needs.</summary>
    private const int WordLength = 1000;

    /// <summary>Makes the line. The shell that reads it is replaced by the <c>/bin/sh</c> that runs the script.</summary>
    /// <param name="script">Any POSIX shell script without NUL; it keeps standard input for itself and the commands it runs.</param>
    /// <returns>One line of printable ASCII.</returns>
    public static string Of(string script) => new StringBuilder(Head).Append(Words(script)).ToString();

    /// <summary>
    /// The same for a script with a name and arguments, by which a list of processes shows it: no second shell is started to have them.
    /// </summary>
    /// <param name="name">The script's <c>$0</c>.</param>
    /// <param name="arguments">Its arguments, each one that <see cref="IsPlain"/> holds for.</param>
    internal static string Of(string script, string name, IEnumerable<string> arguments)
    {
        var line = new StringBuilder(HeadOfScript).Append(' ').Append(name).Append(Words(script + '\n')).Append(" --");
        foreach (var argument in arguments)
        {
            line.Append(" '").Append(argument).Append('\'');
        }

        return line.ToString();
    }

    /// <summary>Whether every shell takes a word in single quotes as it is, and is no longer than an old csh takes.</summary>
    public static bool IsPlain(string word) =>
        word.Length <= WordLength && word.All(character => character is >= ' ' and <= '~' and not ('\'' or '!' or '\\'));

    /// <summary>A script as quoted words of which none is too long, each behind a blank.</summary>
    private static StringBuilder Words(string script)
    {
        var words = new StringBuilder(" '");
        var length = 0;
        foreach (var value in Encoding.UTF8.GetBytes(script))
        {
            var text = Escape(value);
            if (length + text.Length > WordLength)
            {
                words.Append("' '");
                length = 0;
            }

            words.Append(text);
            length += text.Length;
        }

        return words.Append('\'');
    }

    /// <summary>An escape of <c>printf %b</c> (POSIX.1-2017, printf) for a byte that not every shell takes as it is.</summary>
    private static string Escape(byte value) => (char)value switch
    {
        '\n' => "\\n",
        '\'' or '!' or '\\' or < ' ' or > '~' => "\\0" + Convert.ToString(value, 8).PadLeft(3, '0'),
        var plain => plain.ToString(),
    };
}
