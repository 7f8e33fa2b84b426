using System.Globalization;
using PisaHpc.Access.Login;
using PisaHpc.Containers;
using PisaHpc.Nodes;

namespace PisaHpc.Environments;

/// <summary>Asks a node by one command for its facts and whether the sshds of its static environments greet, however many.</summary>
internal static class StaticProbe
{
    private static readonly NodeScript Script = NodeScript.Of("Environments/static-facts.sh");

    /// <summary>Asks.</summary>
    /// <param name="paths">Absolute paths whose existence matters.</param>
    /// <param name="logins">The sshds.</param>
    /// <param name="deadline">How long their greetings may take; at least a second.</param>
    /// <returns>
    /// The facts, without the ports that something listens on; the greetings, as <see cref="LoginGreetings.Parse"/> has them; what the
    /// node's clock shows, null where it does not tell.
    /// </returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>, as for <see cref="NodeProbe.ReadAsync"/>.</exception>
    public static async Task<(NodeFacts Facts, IReadOnlyDictionary<int, string?> Greetings, DateTimeOffset? Now)> ReadAsync(
        INodeConnection connection,
        IEnumerable<string> paths,
        IReadOnlyList<AskedLogin> logins,
        TimeSpan deadline,
        CancellationToken cancellationToken)
    {
        var script = Script.Command([.. LoginGreetings.ArgumentsFor(logins, deadline), .. paths]);
        var result = await connection.RunAsync(script, default, cancellationToken);
        var sections = NodeProbe.SectionsOf(result);
        return (
            NodeProbe.FactsOf(connection.Node, result, sections),
            LoginGreetings.Parse(sections.GetValueOrDefault(LoginGreetings.Section, "")),
            long.TryParse(sections.GetValueOrDefault("now"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null);
    }
}
