using System.Globalization;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Ssh;

/// <summary>
/// Command lines for a node's login shell. Each begins with a line on standard output that holds the process id, which is also the id of
/// the session's process group, since sshd starts every command in a session of its own. That id is how a command is ended: sshd refuses
/// the signal message of the protocol for root logins. The line comes with the command's own output and costs no round trip.
/// </summary>
internal static class RemoteCommand
{
    /// <summary>What the first byte of a streamed command's input must be.</summary>
    public static readonly ReadOnlyMemory<byte> Go = "\n"u8.ToArray();

    private const string Head = "pisahpc-pid ";

    private const string EndScript =
        "kill -TERM \"-$1\" 2>/dev/null; i=0; "
        + "while [ $i -lt 20 ] && kill -0 \"-$1\" 2>/dev/null; do sleep 0.1; i=$((i+1)); done; "
        + "pkill -KILL -s \"$1\" 2>/dev/null; kill -KILL \"-$1\" 2>/dev/null; exit 0";

    /// <summary>A command that reads nothing.</summary>
    public static string WithoutInput(IReadOnlyList<string> arguments) => Line("exec \"$@\" </dev/null", arguments);

    /// <summary>A command whose whole input follows at once.</summary>
    public static string WithInput(IReadOnlyList<string> arguments) => Line("exec \"$@\"", arguments);

    /// <summary>
    /// A command that is read from and written to while it runs. It waits for <see cref="Go"/>, since SSH.NET reports end of file only
    /// after it has sent something.
    /// </summary>
    public static string Streamed(IReadOnlyList<string> arguments) => Line("read -r go; exec \"$@\"", arguments);

    /// <summary>Ends a command: TERM to its group, two seconds, then KILL to its session.</summary>
    /// <param name="processId">The id from the command's first line.</param>
    public static string End(int processId) =>
        ShellQuoting.Join(["exec", "sh", "-c", EndScript, "sh", processId.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Finds the first line in a command's output.</summary>
    /// <param name="output">What has come so far.</param>
    /// <param name="processId">The process id.</param>
    /// <param name="length">Where the command's own output begins.</param>
    /// <returns>Whether the line is complete. What a login script printed before it is passed over.</returns>
    public static bool TryReadHead(ReadOnlySpan<byte> output, out int processId, out int length)
    {
        processId = 0;
        length = 0;
        var start = output.IndexOf(Encoding.ASCII.GetBytes(Head));
        if (start < 0 || output[start..].IndexOf((byte)'\n') is var end && end < 0)
        {
            return false;
        }

        length = start + end + 1;
        return int.TryParse(output[(start + Head.Length)..(length - 1)], NumberStyles.None, CultureInfo.InvariantCulture, out processId);
    }

    private static string Line(string tail, IReadOnlyList<string> arguments)
    {
        ArgumentOutOfRangeException.ThrowIfZero(arguments.Count);
        return ShellQuoting.Join(["exec", "sh", "-c", $"echo {Head}$$; {tail}", "sh", .. arguments]);
    }
}
