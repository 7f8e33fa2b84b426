using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>What a node says of its HTCondor.</summary>
internal sealed record HTCondorNode
{
    private static readonly NodeScript Script = NodeScript.Of("BatchHooks/HTCondor/htcondor-node.sh");

    private static readonly string[] Names =
    [
        "LOCAL_CONFIG_DIR", "STARTER", "EXECUTE", "DISABLE_SETUID", "STARTD_ADDRESS_FILE", "CONDOR_IDS",
        HTCondorLines.ForcedKeyword, .. HTCondorLines.Names,
    ];

    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>What it said, by fact; names of its configuration are in capitals.</summary>
    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    /// <summary>The directory of HTCondor's programs; null where the node has none.</summary>
    public string? Programs => this["bin"];

    /// <summary>The condor_starter, behind symbolic links; null where the node has none.</summary>
    public string? Starter => this["program"];

    /// <summary>The directory for files of configuration, the first where there are several; null for none.</summary>
    public string? ConfigurationDirectory => this["LOCAL_CONFIG_DIR"]?.Split([',', ' '])[0].TrimEnd('/');

    /// <summary>The site's own wrapper that ends with ours; null for none.</summary>
    public string? WrapperOfSite => this["wraps"];

    /// <summary>Whether its /bin/sh knows -p, as root's program has it.</summary>
    public bool HasPrivilegedShell => Facts.ContainsKey("sh-p");

    /// <summary>Where the startd's address is written, behind symbolic links; null where the configuration does not say.</summary>
    public string? AddressFile => this["address"];

    /// <summary>The user id of HTCondor's own account; null where it has none.</summary>
    public string? Account => this["account"];

    /// <summary>Where the startd says that it listens, as far as it can be believed; null where it does not.</summary>
    public string? StartdAddress => this["startd"];

    /// <summary>How many starters began before the configuration last changed: what it said then is called when their jobs end.</summary>
    public int OldStarters => int.TryParse(this["old"], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>A fact, or a value of the configuration in force; null for none.</summary>
    public string? this[string name] => Facts.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>Asks a node.</summary>
    /// <param name="programs">The directory of HTCondor's programs; null for the one in which the node's PATH has them.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<HTCondorNode> ReadAsync(INodeConnection node, string? programs, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(
            node, Script, [programs ?? "", HookPlace.Directory, .. Names], cancellationToken);
        return new HTCondorNode { Node = node.Node, Facts = said.All };
    }
}
