using System.Globalization;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// A command as a line for a node's login shell, whichever it is (<see cref="LoginShellLine"/>). It begins with a line on standard output
/// that holds the process id, which is also the id of the session's process group, since sshd starts every command in a session of its own.
/// That id is how a command is ended: sshd refuses the signal message of the protocol for root logins. The line comes with the command's
/// own output and costs no round trip; where it does not come, the login shell ran something else.
/// </summary>
internal sealed class RemoteCommand
{
    /// <summary>What a command that waits for a line is sent.</summary>
    public static readonly ReadOnlyMemory<byte> Go = "\n"u8.ToArray();

    private const string Head = "pisahpc-pid ";

    private static readonly NodeScript BeginScript = NodeScript.Of("Ssh/begin-script.sh", typeof(RemoteCommand).Assembly);
    private static readonly NodeScript RunScript = NodeScript.Of("Ssh/run-command.sh", typeof(RemoteCommand).Assembly);
    private static readonly NodeScript EndScript = NodeScript.Of("Ssh/end-command.sh", typeof(RemoteCommand).Assembly);
    private readonly Input _input;
    private readonly IReadOnlyList<string> _arguments;

    private RemoteCommand(IReadOnlyList<string> arguments, Input input)
    {
        ArgumentOutOfRangeException.ThrowIfZero(arguments.Count);
        _arguments = arguments;
        _input = input;
        End = input == Input.Streamed ? new CommandEndSentinel() : null;
    }

    private enum Input
    {
        None,
        Whole,
        Streamed,
    }

    /// <summary>
    /// Tells of the end of a command that is written to while it runs, in <see cref="DrainInputLine"/>; null for any other.
    /// </summary>
    public CommandEndSentinel? End { get; }

    /// <summary>
    /// The line that puts the command in the shell's place: a signal that ends it reaches sshd as such. A script that reads nothing is run
    /// by that shell itself.
    /// </summary>
    public string ExecLine =>
        _input == Input.None && NodeScript.NameIn(_arguments) is { } name && _arguments.Skip(4).All(LoginShellLine.IsPlain)
            ? LoginShellLine.Of($"{BeginScript.Text}\n{_arguments[2]}", name, _arguments.Skip(4))
            : LineOf("exec");

    /// <summary>The same as a script for a POSIX shell that nobody logs in to.</summary>
    public string ExecScript => ScriptOf("exec");

    /// <summary>The line that waits for the command and gives 128 + n for signal n, for a client that does not tell of signals.</summary>
    public string ExitCodeLine => LineOf("code");

    /// <summary>
    /// The line for SSH.NET, which may still be sending when a command that did not read its input ends. What it sends on a channel that
    /// sshd has closed ends the connection, with all others' commands (SSH.NET#609): the shell takes the rest of the input, to its end.
    /// </summary>
    public string DrainInputLine => _input == Input.None ? ExecLine : LineOf("drain");

    /// <summary>A command that reads nothing.</summary>
    public static RemoteCommand WithoutInput(IReadOnlyList<string> arguments) => new(arguments, Input.None);

    /// <summary>A command whose whole input follows at once, with its end.</summary>
    public static RemoteCommand WithInput(IReadOnlyList<string> arguments) => new(arguments, Input.Whole);

    /// <summary>
    /// A command that is read from and written to while it runs. It waits for <see cref="Go"/>, since SSH.NET reports end of file only
    /// after it has sent something; when its caller leaves before, it does not run.
    /// </summary>
    public static RemoteCommand Streamed(IReadOnlyList<string> arguments) => new(arguments, Input.Streamed);

    /// <summary>Ends a command: TERM to its group and, after <see cref="Go"/>, KILL to what is left of its session.</summary>
    /// <param name="processId">The id from the command's first line.</param>
    public static RemoteCommand Ending(int processId) =>
        WithInput(EndScript.Command(processId.ToString(CultureInfo.InvariantCulture)));

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

    private string LineOf(string end) => LoginShellLine.Of(ScriptOf(end));

    private string ScriptOf(string end)
    {
        string[] how = [_input.ToString().ToLowerInvariant(), end, End?.Key ?? ""];
        return $"set -- {ShellQuoting.Join([.. how, .. _arguments])}\n{RunScript.Text}";
    }
}
