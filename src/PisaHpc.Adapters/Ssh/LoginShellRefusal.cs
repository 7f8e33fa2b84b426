using System.Text;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// A login whose shell did not run the command: nologin(8), /bin/false, a forced command (sshd_config(5), ForceCommand; sshd(8),
/// <c>command=</c> of authorized_keys), or a shell that does not find /bin/sh.
/// </summary>
internal static class LoginShellRefusal
{
    /// <summary>The failure, with what the shell said instead.</summary>
    /// <param name="output">All that came.</param>
    public static HpcException Of(string node, SessionOutput output) => new(
        ErrorId.NodeShellRefused,
        $"Node {node} accepted the login, and the account's shell did not run the command: it ended with {output.ExitCode} and said "
            + (WordsOf(output) is { Length: > 0 } words ? $"{Quote.Of(words)}." : "nothing."),
        node);

    private static string WordsOf(SessionOutput output)
    {
        var text = Encoding.UTF8.GetString(output.Output.Span) + "\n" + Encoding.UTF8.GetString(output.Error.Span);
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
