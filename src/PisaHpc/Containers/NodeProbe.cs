using System.Globalization;
using PisaHpc.Devices;
using PisaHpc.Nodes;
using PisaHpc.Ports;

namespace PisaHpc.Containers;

/// <summary>Reads a node's facts in one round trip: a thousand nodes make every further one a thousand.</summary>
public static class NodeProbe
{
    private const string Section = "--- ";

    /// <summary>Another one for each boot of a kernel (random(4)).</summary>
    private const string BootFile = "/proc/sys/kernel/random/boot_id";

    private static readonly NodeScript Script = NodeScript.Of("Containers/node-facts.sh");

    /// <summary>Reads the facts.</summary>
    /// <param name="paths">Absolute paths whose existence matters.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/> when the node's shell did not answer as expected.</exception>
    public static async Task<NodeFacts> ReadAsync(
        INodeConnection connection, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(Script.Command(paths), default, cancellationToken);
        return FactsOf(connection.Node, result, SectionsOf(result));
    }

    /// <summary>The facts in the answer of a script that node-facts.sh or plan-facts.sh is a part of.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>, as for <see cref="ReadAsync"/>.</exception>
    internal static NodeFacts FactsOf(string node, NodeCommandResult result, IReadOnlyDictionary<string, string> sections)
    {
        if (result.ExitCode != 0 || !sections.TryGetValue("devices", out var devices))
        {
            throw new HpcException(
                ErrorId.NodeCommandFailed,
                $"Node {node} did not answer the probe (exit code {result.ExitCode}): {Quote.Words(result.Error)}",
                node);
        }

        return new NodeFacts
        {
            Node = node,
            Cpus = int.Parse(sections["cpus"], NumberStyles.Integer, CultureInfo.InvariantCulture),
            MissingPaths = sections["missing"].Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal),
            ListeningPorts = ListeningPorts.Parse(sections.GetValueOrDefault("tcp", "")).ToHashSet(),
            Devices = IbDeviceProbe.Parse(node, devices),
            Boot = sections.GetValueOrDefault("boot")?.Trim() is { Length: > 0 } boot ? boot : null,
        };
    }

    /// <summary>The node's boot, as <see cref="NodeFacts.Boot"/> has it.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>: the node does not tell.</exception>
    internal static async Task<string> ReadBootAsync(INodeConnection connection, CancellationToken cancellationToken)
    {
        var result = await connection.RunAsync(["cat", BootFile], default, cancellationToken);
        return result.ExitCode == 0 && result.Text.Trim() is { Length: > 0 } boot ? boot : throw new HpcException(
            ErrorId.NodeCommandFailed,
            $"Node {connection.Node} does not tell its boot, {BootFile}: {Quote.Words(result.Error)}",
            connection.Node);
    }

    /// <summary>The sections of such an answer by their names.</summary>
    internal static IReadOnlyDictionary<string, string> SectionsOf(NodeCommandResult result)
    {
        var sections = new Dictionary<string, string>();
        foreach (var section in ("\n" + result.Text).Split("\n" + Section, StringSplitOptions.RemoveEmptyEntries))
        {
            var end = section.IndexOf('\n', StringComparison.Ordinal);
            var (name, body) = end < 0 ? (section, "") : (section[..end], section[(end + 1)..]);
            sections[name] = body;
        }

        return sections;
    }
}

/// <summary>What a plan needs to know of a node, read in one round trip.</summary>
public sealed record NodeFacts
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The CPUs that are online.</summary>
    public required int Cpus { get; init; }

    /// <summary>Those of the paths asked for that do not exist on the node.</summary>
    public required IReadOnlySet<string> MissingPaths { get; init; }

    /// <summary>The TCP ports that something listens on; none where a script was asked that does not tell.</summary>
    public required IReadOnlySet<int> ListeningPorts { get; init; }

    /// <summary>The node's InfiniBand devices.</summary>
    public required IReadOnlyList<IbDevice> Devices { get; init; }

    /// <summary>The node's boot: another word after each; null where the node did not tell.</summary>
    public string? Boot { get; init; }
}
