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

    /// <summary>csh takes words of 1,024 characters at least (BUFSIZ in old ones); a line has as many words as it needs.</summary>
    private const int WordLength = 1000;

    /// <summary>Makes the line. The shell that reads it is replaced by the <c>/bin/sh</c> that runs the script.</summary>
    /// <param name="script">Any POSIX shell script without NUL; it keeps standard input for itself and the commands it runs.</param>
    /// <returns>One line of printable ASCII.</returns>
    public static string Of(string script)
    {
        var line = new StringBuilder(Head).Append(" '");
        var length = 0;
        foreach (var value in Encoding.UTF8.GetBytes(script))
        {
            var text = Escape(value);
            if (length + text.Length > WordLength)
            {
                line.Append("' '");
                length = 0;
            }

            line.Append(text);
            length += text.Length;
        }

        return line.Append('\'').ToString();
    }

    /// <summary>An escape of <c>printf %b</c> (POSIX.1-2017, printf) for a byte that not every shell takes as it is.</summary>
    private static string Escape(byte value) => (char)value switch
    {
        '\n' => "\\n",
        '\'' or '!' or '\\' or < ' ' or > '~' => "\\0" + Convert.ToString(value, 8).PadLeft(3, '0'),
        var plain => plain.ToString(),
    };
}
