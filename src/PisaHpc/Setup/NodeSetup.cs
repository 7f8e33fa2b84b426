using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Setup;

/// <summary>Carries the plan of a node out.</summary>
internal static class NodeSetup
{
    private const string Stamp = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Makes a node fit.</summary>
    /// <param name="plan">The plan; one that changes nothing is carried out at once.</param>
    /// <param name="now">The time that the old configuration is kept under.</param>
    /// <param name="cancellationToken">Interrupts; an engine's configuration is then the old one, or the new one taken up.</param>
    /// <param name="taken">Told of a configuration that an interruption has put back; null where nobody asks.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.EngineConfigurationRefused"/>, <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public static async Task<HpcNodeSetup> RunAsync(
        INodeConnection connection,
        IEngineConnector engines,
        NodeSetupPlan plan,
        DateTimeOffset now,
        CancellationToken cancellationToken,
        TakenBack? taken = null)
    {
        var files = new NodeFiles(connection);
        if (plan.Certificate is { } certificate)
        {
            var file = plan.Facts.CertificateFile!;
            await Phase.PutCertificate.RunAsync(
                () => files.PutAsync(file, [plan.Facts.Certificate], certificate, backup: null, marker: null, cancellationToken),
                plan.Node);
        }

        if (plan.MakesRunDirectory)
        {
            await Phase.MakeRunDirectory.RunAsync(() => files.MakeDirectoryAsync(plan.Site.RunDirectory, cancellationToken), plan.Node);
        }

        if (plan.MakesPortArea)
        {
            await Phase.MakePortArea.RunAsync(() => files.MakePortAreaAsync(plan.Site.PortArea!, cancellationToken), plan.Node);
        }

        if (plan.MakesRecords)
        {
            await Phase.MakeRecords.RunAsync(() => files.MakeDirectoryAsync(plan.Site.Records!.Directory, cancellationToken), plan.Node);
        }

        return plan.Action == EngineAction.None
            ? plan.Predict()
            : await ChangeEngineAsync(connection, engines, plan, now, taken ?? TakenBack.Untold, cancellationToken);
    }

    private static async Task<HpcNodeSetup> ChangeEngineAsync(
        INodeConnection connection,
        IEngineConnector engines,
        NodeSetupPlan plan,
        DateTimeOffset now,
        TakenBack taken,
        CancellationToken cancellationToken)
    {
        var backup = $"{plan.Facts.Engine.File}.pisahpc-{now.UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)}";
        var restarts = plan.Action == EngineAction.Restart && plan.Engine is not null;
        var before = restarts ? await RunningAsync(engines, plan.Node, cancellationToken) : [];
        var change = new EngineChange(connection, new EngineControl(connection, engines, plan.Site), plan, backup)
        {
            TakenBack = taken,
        };
        await change.RunAsync(cancellationToken);
        var after = restarts ? await RunningAsync(engines, plan.Node, cancellationToken) : [];
        return plan.Predict() with
        {
            Backup = plan.WritesConfig ? change.Backup : null,
            ContainersKept = before.Keys.Count(after.ContainsKey),
            ContainersLost =
            [
                .. before.ExceptBy(after.Keys, container => container.Key)
                    .Select(container => container.Value)
                    .Order(StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>The names of the containers that run, of every kind, by id.</summary>
    private static async Task<Dictionary<string, string>> RunningAsync(
        IEngineConnector engines, string node, CancellationToken cancellationToken)
    {
        var engine = await engines.ConnectAsync(node, cancellationToken);
        var all = await engine.ListAsync(new Dictionary<string, string?>(), cancellationToken);
        var running = all.Where(container => container.State == ContainerState.Running);
        return running.ToDictionary(container => container.Id, container => container.Name);
    }
}

/// <summary>What was done to make a node fit, or would be.</summary>
public sealed record HpcNodeSetup
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Whether anything was changed.</summary>
    public required bool Changed { get; init; }

    /// <summary>What had the engine take up its configuration: the word, one of <see cref="EngineAction"/>.</summary>
    public required string EngineAction { get; init; }

    /// <summary>What was changed, a line each; empty when all was as it should be.</summary>
    public IReadOnlyList<string> Changes { get => Readable.Lines(field); init; } = [];

    /// <summary>The engine's configuration before and after, line by line, with "+ " and "- "; empty when it did not change.</summary>
    public IReadOnlyList<string> Diff { get => Readable.Lines(field); init; } = [];

    /// <summary>Where the engine's old configuration lies on the node; null when there was none, or it did not change.</summary>
    public string? Backup { get; init; }

    /// <summary>The containers that ran before and after a restart.</summary>
    public int ContainersKept { get; init; }

    /// <summary>The containers that ran before a restart and not after it, by name.</summary>
    public IReadOnlyList<string> ContainersLost { get => Readable.Words(field); init; } = [];

    /// <summary>The node, and what was changed there.</summary>
    public override string ToString() => $"{Node}: {(Changes.Count > 0 ? string.Join("; ", Changes) : "nothing to change")}";
}
