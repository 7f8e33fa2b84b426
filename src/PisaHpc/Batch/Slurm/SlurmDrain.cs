using System.Globalization;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// Has Slurm give a node no more jobs (scontrol(1), State=DRAIN), and no more nodes in an hour than a site allows. How many there were
/// Slurm itself says, by the reasons of its nodes and their times (sinfo(1), %E and %H): one that an admin has resumed is none of them.
/// </summary>
/// <param name="host">A host that has Slurm's programs, by an account that may update nodes: root, or Slurm's own.</param>
/// <param name="cluster">The site's cluster, whose nodes alone are drained; null where the site does not say it.</param>
/// <param name="perHour">How many nodes may be drained within an hour.</param>
internal sealed class SlurmDrain(INodeConnection host, string? cluster, int perHour)
{
    /// <summary>What our reasons begin with.</summary>
    public const string Mark = "pisahpc: ";

    private static readonly NodeScript ListNodes = NodeScript.Of("Batch/Slurm/list-nodes.sh");
    private static readonly NodeScript DrainNode = NodeScript.Of("Batch/Slurm/drain-node.sh");
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Drains a node.</summary>
    /// <param name="node">The node, as Slurm names it.</param>
    /// <param name="why">The reason, in a line.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchSystemFailed"/>; <see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task<DrainOutcome> DrainAsync(string node, string why, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(host, ListNodes, [], cancellationToken);
        if (said["missing"] is { } program)
        {
            throw Failed($"it has no {program}");
        }

        ThrowIfRefused(said);
        GrantingCluster.Require(Scheduler.Slurm, cluster, said["cluster"], host.Node);
        var nodes = NodesIn(Decode(said["nodes"]));
        if (nodes.FirstOrDefault(one => one.Name == node) is not { } broken)
        {
            throw Failed($"it knows no node {Quote.Name(node)}");
        }

        if (broken.GetsNoJobs)
        {
            return broken.IsHeld ? DrainOutcome.Held : DrainOutcome.WasBefore;
        }

        if (!long.TryParse(said["now"], NumberStyles.None, CultureInfo.InvariantCulture, out var now))
        {
            throw Failed("the node does not say what time it is");
        }

        var since = now - (long)Hour.TotalSeconds;
        if (nodes.Count(one => one.IsOfRule && one.ReasonAt > since) >= perHour)
        {
            return DrainOutcome.TooMany;
        }

        ThrowIfRefused(await ScriptReply.AskAsync(host, DrainNode, [node, Mark + why], cancellationToken));
        return DrainOutcome.Drained;
    }

    /// <summary>The nodes, each once: Slurm lists one in each of its partitions.</summary>
    private static IReadOnlyList<Row> NodesIn(string text) =>
    [
        .. text.Split('\n').Select(line => line.Split('|', 4)).Where(fields => fields.Length == 4)
            .Select(fields => new Row(
                fields[0],
                fields[1],
                long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var time) ? time : 0,
                fields[3]))
            .DistinctBy(row => row.Name),
    ];

    private void ThrowIfRefused(ScriptReply said)
    {
        if (said["refused"] is { } words)
        {
            throw Failed(Quote.Words(Decode(words)));
        }
    }

    private HpcException Failed(string why) => new(
        ErrorId.BatchSystemFailed,
        $"Slurm on {host.Node} drains no node: {why}",
        host.Node,
        "Look at Slurm there: scontrol ping; sinfo --list-reasons.");

    private static string Decode(string? text) => Encoding.UTF8.GetString(Convert.FromBase64String(text ?? ""));

    private sealed record Row(string Name, string State, long ReasonAt, string Reason)
    {
        /// <summary>The state's words are those of node_state_string (src/common/slurm_protocol_defs.c), with flags behind.</summary>
        public bool GetsNoJobs => State.StartsWith("drain", StringComparison.Ordinal) || State.StartsWith("down", StringComparison.Ordinal)
            || State.StartsWith("fail", StringComparison.Ordinal);

        /// <summary>For a while alone: no rule has drained it.</summary>
        public bool IsHeld => Reason.StartsWith(BatchNodeDrain.Mark, StringComparison.Ordinal);

        public bool IsOfRule => Reason.StartsWith(Mark, StringComparison.Ordinal) && !IsHeld;
    }
}

/// <summary>What became of a node that was to be drained.</summary>
internal enum DrainOutcome
{
    /// <summary>It gets no more jobs.</summary>
    Drained,

    /// <summary>It got no more jobs before, and was left as it is.</summary>
    WasBefore,

    /// <summary>It gets no jobs while its static environment is changed, and will get some again.</summary>
    Held,

    /// <summary>As many were drained within the hour as may be, and it was left as it is.</summary>
    TooMany,
}
