namespace PisaHpc.Nodes;

/// <summary>
/// What a script on a node said: a line for each fact, its name and its value by a tab, and the fact <c>end</c> as the last line, so that
/// an answer that was cut is known for one.
/// </summary>
internal sealed class ScriptReply
{
    /// <summary>The name of the fact that a script says last: <c>printf 'end\t1\n'</c>.</summary>
    private const string End = "end";

    private readonly Dictionary<string, string> _facts;

    private ScriptReply(string text, Dictionary<string, string> facts) => (Text, _facts) = (text, facts);

    /// <summary>All of it, also lines of another form.</summary>
    public string Text { get; }

    /// <summary>A fact; null when the node did not say it.</summary>
    public string? this[string name] => _facts.GetValueOrDefault(name);

    /// <summary>The facts, by name.</summary>
    public IReadOnlyDictionary<string, string> All => _facts;

    /// <summary>Asks a node.</summary>
    /// <param name="script">The script.</param>
    /// <param name="arguments">The script's arguments.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>: the script failed, or its answer was cut.</exception>
    public static async Task<ScriptReply> AskAsync(
        INodeConnection connection, NodeScript script, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(script.Command(arguments), default, cancellationToken);
        var rows = result.Text.Split('\n').Select(line => line.Split('\t')).Where(fields => fields.Length == 2);
        var facts = rows.DistinctBy(fields => fields[0])
            .ToDictionary(fields => fields[0], fields => fields[1].Trim(), StringComparer.Ordinal);
        return result.ExitCode == 0 && facts.ContainsKey(End)
            ? new ScriptReply(result.Text, facts)
            : throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"Node {connection.Node} did not answer the module's script {script.Name} to its end: sh ended with {result.ExitCode}: "
                + Quote.Words(result.Error),
                connection.Node);
    }

    /// <summary>Whether the node said a fact.</summary>
    public bool Has(string name) => _facts.ContainsKey(name);
}
