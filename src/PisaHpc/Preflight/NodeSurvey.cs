using System.Globalization;
using PisaHpc.Containers;
using PisaHpc.Devices;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Preflight;

/// <summary>
/// Asks a node how it is: one round trip for what the node itself knows, and beside it two requests to its engine. Nothing is left on it.
/// </summary>
public static class NodeSurvey
{
    private static readonly NodeScript Script = NodeScript.Of("Preflight/node-survey.sh");

    /// <summary>Asks a node.</summary>
    /// <returns>The node, whether it answers or not: one that does not is a result here and no failure.</returns>
    public static Task<HpcNode> ReadAsync(Cluster cluster, string node, CancellationToken cancellationToken) =>
        ReadAsync(cluster, node, TimedEngineRequest.Limit, cancellationToken);

    internal static async Task<HpcNode> ReadAsync(
        Cluster cluster, string node, TimeSpan engineLimit, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
            var engine = AskEngineAsync(cluster.Engines, node, engineLimit, cancellationToken);
            var facts = ScriptReply.AskAsync(connection, Script, [], cancellationToken);
            await Task.WhenAll(engine, facts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return WithEngine(Read(node, await facts), await engine);
        }
        catch (HpcException failure)
        {
            return HpcNode.Unreachable(node, failure);
        }
    }

    private static async Task<EngineAnswer> AskEngineAsync(
        IEngineConnector engines, string node, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await TimedEngineRequest.AskAsync(engines, node, AskAsync, limit, cancellationToken);
        }
        catch (HpcException failure)
        {
            return new EngineAnswer(null, null, [], failure);
        }

        static async Task<EngineAnswer> AskAsync(IContainerEngine engine, CancellationToken stopping)
        {
            var details = engine.DescribeAsync(stopping);
            var containers = engine.ListAsync(ContainerLabels.Filter(), stopping);
            await Task.WhenAll(details, containers);
            return new EngineAnswer(engine.Info, await details, await containers, null);
        }
    }

    private static HpcNode WithEngine(HpcNode facts, EngineAnswer engine)
    {
        var running = engine.Containers.Where(container => container.State == ContainerState.Running).ToList();
        return facts with
        {
            State = engine.Failure?.Id switch
            {
                null => nameof(NodeState.Ready),
                ErrorId.EngineTimeout => nameof(NodeState.Slow),
                _ => nameof(NodeState.NoEngine),
            },
            ErrorId = engine.Failure?.Id.ToString(),
            Reason = engine.Failure?.Message,
            EngineVersion = engine.Info?.Version,
            ApiVersion = engine.Info?.ApiVersion,
            Images = engine.Details?.Images,
            Containers = engine.Failure is null ? running.Count : null,
            Jobs = [.. running.Select(container => container.Labels[ContainerLabels.Job]).Distinct().Order(StringComparer.Ordinal)],
        };
    }

    private static HpcNode Read(string node, ScriptReply said)
    {
        var devices = IbDeviceProbe.Parse(node, said.Text);
        return new HpcNode
        {
            Node = node,
            State = nameof(NodeState.Ready),
            Kernel = said["kernel"] ?? "",
            Cores = (int?)Number(said, "cores"),
            Load = double.TryParse(said["load"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var load) ? load : null,
            MemoryBytes = Number(said, "memory") * 1024,
            MemoryAvailableBytes = Number(said, "available") * 1024,
            Devices = [.. devices.Select(device => device.Name).Distinct(StringComparer.Ordinal)],
            ActivePorts = devices.Count(device => device.State == "ACTIVE"),
        };
    }

    private static long? Number(ScriptReply said, string name) =>
        long.TryParse(said[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private sealed record EngineAnswer(
        EngineInfo? Info, EngineDetails? Details, IReadOnlyList<EngineContainer> Containers, HpcException? Failure);
}
