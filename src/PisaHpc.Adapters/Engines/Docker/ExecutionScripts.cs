using System.Globalization;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Engines.Docker;

/// <summary>
/// What is run in a container around a command. The command begins with a line that tells its process (proc_pid_stat(5)); the
/// engine starts each in a session of its own. That session, the time at which its leader started, and a variable that all its children
/// have are what it is found by when it is to end, since process ids come again.
/// </summary>
internal static class ExecutionScripts
{
    /// <summary>The variable that a command and its children carry.</summary>
    public const string Mark = "PISAHPC_EXECUTION";

    /// <summary>What tells a command that watches another that there is nothing to watch any more.</summary>
    public const string Done = "done\n";

    /// <summary>What a command that watches another says when it does.</summary>
    public const string Watching = "watching\n";

    private const string Head = "pisahpc-execution ";

    private static readonly NodeScript BeginScript = NodeScript.Of("Engines/Docker/begin-execution.sh", typeof(ExecutionScripts).Assembly);
    private static readonly NodeScript EndScript = NodeScript.Of("Engines/Docker/end-execution.sh", typeof(ExecutionScripts).Assembly);

    private static readonly NodeScript WatchScript = NodeScript.Of("Engines/Docker/watch-execution.sh", typeof(ExecutionScripts).Assembly);

    /// <summary>The command with its first line before it.</summary>
    public static IList<string> Begin(IReadOnlyList<string> command) => Run(BeginScript, command);

    /// <summary>The command that ends another.</summary>
    /// <param name="leader">The command's first process; null when nobody knows it, and then the mark alone leads to it.</param>
    /// <param name="mark">The value of its mark.</param>
    /// <param name="signal">The first signal's name.</param>
    public static IList<string> End(ExecutionLeader? leader, string mark, string signal) => Run(
        EndScript,
        [(leader?.Id ?? 0).ToString(CultureInfo.InvariantCulture), leader?.Started ?? "0", $"{Mark}={mark}", signal]);

    /// <summary>
    /// The command that ends another when its own standard input ends without <see cref="Done"/>. It says then what that of
    /// <see cref="End"/> does.
    /// </summary>
    /// <param name="mark">The value of the other's mark.</param>
    /// <param name="signal">The first signal's name.</param>
    public static IList<string> Watch(string mark, string signal) => Run(WatchScript, [$"{Mark}={mark}", signal]);

    /// <summary>The line that tells it the other's first process.</summary>
    public static string Leads(ExecutionLeader leader) =>
        string.Create(CultureInfo.InvariantCulture, $"leader {leader.Id} {leader.Started}\n");

    /// <summary>Finds the first line in what a command has said so far.</summary>
    /// <param name="output">Its standard output.</param>
    /// <param name="length">Where the command's own output begins.</param>
    /// <returns>The command's process; null as long as the line is not there.</returns>
    public static ExecutionLeader? TryReadHead(ReadOnlySpan<byte> output, out int length)
    {
        length = 0;
        var start = output.IndexOf(Encoding.ASCII.GetBytes(Head));
        if (start < 0 || output[start..].IndexOf((byte)'\n') is var end && end < 0)
        {
            return null;
        }

        length = start + end + 1;
        var stat = Encoding.ASCII.GetString(output[(start + Head.Length)..length]);

        // The second field is the program's name in parentheses, and may hold anything; the start is the 22nd.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var id = int.Parse(stat.AsSpan(0, stat.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        return new ExecutionLeader(id, fields[19]);
    }

    /// <summary>By the shell's whole path: an environment may give its containers any PATH.</summary>
    private static IList<string> Run(NodeScript script, IReadOnlyList<string> arguments) =>
        ["/bin/sh", "-c", script.Text, script.Name, .. arguments];
}

/// <summary>The first process of a command, which leads its session.</summary>
/// <param name="Id">Its id, which is the session's too, as the container counts.</param>
/// <param name="Started">When it started, in clock ticks since the machine did.</param>
internal sealed record ExecutionLeader(int Id, string Started);
