using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Preflight;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks;

/// <summary>What the checks of a node judge.</summary>
internal sealed record HookNodeEvidence
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The site definition.</summary>
    public required HpcSite Site { get; init; }

    /// <summary>The batch system, in small letters.</summary>
    public required string System { get; init; }

    /// <summary>Files that are not there as they should be, each with how it stands; null where it does not.</summary>
    public IReadOnlyList<(HookFile File, string? Standing)> Different { get; init; } = [];

    /// <summary>What the node said, by fact.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>The SHA-256 of this machine's site definition; null where it cannot be read.</summary>
    public string? SiteDigest { get; init; }

    /// <summary>The SHA-256 of the controller's slurm.conf; null for another batch system's.</summary>
    public string? ConfigurationDigest { get; init; }

    /// <summary>This module's version.</summary>
    public required string Version { get; init; }

    /// <summary>How far the node's clock is ahead of this machine's at least, in seconds; negative when it is behind.</summary>
    public double ClockSkewSec { get; init; }

    /// <summary>Who makes the groups of the engine's containers; null when the engine does not answer.</summary>
    public string? CgroupDriver { get; init; }

    private static readonly NodeScript Script = NodeScript.Of("BatchHooks/hook-node.sh");

    /// <summary>How long a start may last there; null where the node does not say.</summary>
    public TimeSpan? Deadline => int.TryParse(Facts.GetValueOrDefault("deadline"), CultureInfo.InvariantCulture, out var seconds)
        ? TimeSpan.FromSeconds(seconds)
        : null;

    /// <summary>Asks a node.</summary>
    /// <param name="asked">What is asked: site, batch system, digests, version; the rest is filled in.</param>
    /// <param name="configuration">The batch system's configuration as its controller names it; null for one that nodes have not.</param>
    /// <param name="files">The files that the node has to have, by how long a start may last there.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<HookNodeEvidence> ReadAsync(
        INodeConnection node,
        IEngineConnector engines,
        HookNodeEvidence asked,
        string? configuration,
        Func<TimeSpan?, IReadOnlyList<HookFile>> files,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var driver = CgroupDriverAsync(engines, node.Node, cancellationToken);
        var begun = clock.GetUtcNow();
        var said = await ScriptReply.AskAsync(
            node, Script, [HookPlace.Directory, asked.Site.Path!, asked.Site.RunDirectory, asked.System, configuration ?? ""],
            cancellationToken);
        var answered = clock.GetUtcNow();
        var evidence = asked with { Facts = said.All };
        var wanted = files(evidence.Deadline);
        var standing = await new HostFiles(node).LookAsync([.. wanted.Select(file => file.Path)], cancellationToken);
        return evidence with
        {
            Different = [.. wanted.Select(file => (file, standing[file.Path])).Where(pair => pair.Item2 != pair.file.Standing)],
            ClockSkewSec = PreflightFacts.SkewOf(
                DateTimeOffset.FromUnixTimeSeconds(long.Parse(said["now"]!, CultureInfo.InvariantCulture)), begun, answered),
            CgroupDriver = await driver,
        };
    }

    private static async Task<string?> CgroupDriverAsync(IEngineConnector engines, string node, CancellationToken cancellationToken)
    {
        try
        {
            return await TimedEngineRequest.AskAsync(
                engines, node, async (engine, stopping) => (await engine.DescribeAsync(stopping)).CgroupDriver, TimedEngineRequest.Limit,
                cancellationToken);
        }
        catch (HpcException)
        {
            // The check says that it does not answer.
            return null;
        }
    }
}
