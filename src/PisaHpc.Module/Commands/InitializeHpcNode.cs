using System.Management.Automation;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Nodes;
using PisaHpc.Setup;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Makes nodes fit: the engine's configuration, merged into what stands there and taken up with containers going on; the registry's
/// certificate; the port area and the directory for jobs' files.
/// </summary>
[Cmdlet(VerbsData.Initialize, "HpcNode", SupportsShouldProcess = true)]
[OutputType(typeof(HpcNodeSetup))]
public sealed class InitializeHpcNodeCommand : NodeListCmdlet, IBackgroundCmdlet
{
    /// <summary>With -WhatIf: emits what would be done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Does not ask before it makes all of the site's nodes fit.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Goes on in the background: writes a job of the session, with a child for each node that is known before.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Whether what -WhatIf and -Confirm say, or a preference of the caller's, makes the one question needless.</summary>
    private bool IsDecided =>
        Force || MyInvocation.BoundParameters.ContainsKey("WhatIf") || MyInvocation.BoundParameters.ContainsKey("Confirm")
        || LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"))
        || (GetVariableValue("ConfirmPreference") is { } preference
            && LanguagePrimitives.ConvertTo<ConfirmImpact>(preference) == ConfirmImpact.None);

    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: all nodes are meant, and a job cannot ask whether so.</exception>
    IEnumerable<string> IBackgroundCmdlet.NodesBound() =>
        Node.Length > 0 || MyInvocation.ExpectingInput || IsDecided ? NodesNow : throw Unasked(AllOfSite(NodesNow));

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        _ = RequiredSite;
        var nodes = NodesMeant();
        if (MeansSite && !await MayChangeAllAsync(nodes))
        {
            return;
        }

        var certificate = Certificate();
        var untimed = Cluster with { NodeTimeout = Timeout.InfiniteTimeSpan };
        await OnEachAsync(
            untimed, "Making nodes fit", Phase.SetUpNode, nodes, (node, stopping) => MakeFitAsync(node, certificate, stopping));
    }

    /// <summary>A command without a node's name may be a slip, and changes every node of the site: so it asks once.</summary>
    private async Task<bool> MayChangeAllAsync(IReadOnlyList<string> nodes)
    {
        if (IsDecided)
        {
            return true;
        }

        var all = AllOfSite(nodes);
        return await ShouldContinueAsync($"Make {all} fit? Engines may be restarted; containers go on.", "No node is named")
            ?? throw Unasked(all);
    }

    private static string AllOfSite(IReadOnlyList<string> nodes) =>
        $"{(nodes.Count == 1 ? "the site's one node" : $"all {Plural.Of(nodes.Count, "node")} of the site")}: {HostList.Fold(nodes)}";

    private static HpcException Unasked(string all) => new(
        ErrorId.InvalidValue,
        $"No node is named, which means {all}; and nobody can be asked here whether that is meant. Nothing was changed.",
        "Node",
        "Name the nodes with -Node, or say that all are meant: -Force, or -Confirm:$false.");

    /// <summary>The node's time runs while it is read and while it is changed, and not while an admin thinks about it.</summary>
    private async Task MakeFitAsync(string node, byte[]? certificate, CancellationToken stopping)
    {
        NodeSetupPlan plan = null!;
        await Phase.PlanSetup.RunAsync(
            () => FanOut.WithinAsync(node, NodeTimeout, async limit => plan = await PlanAsync(node, certificate, limit), stopping));
        if (!plan.Changes)
        {
            Emit(plan.Predict());
        }
        else if (await ShouldProcessAsync(node, string.Join('\n', ["Make it fit:", .. plan.InWords(), .. plan.Diff()])))
        {
            await FanOut.WithinAsync(node, NodeTimeout, limit => ChangeAsync(plan, limit), stopping);
        }
        else if (PassThru)
        {
            Emit(plan.Predict());
        }
    }

    private async Task<NodeSetupPlan> PlanAsync(string node, byte[]? certificate, CancellationToken stopping)
    {
        var connection = await Cluster.Nodes.ConnectAsync(node, stopping);
        return await NodeSetupPlan.ReadAsync(connection, Cluster.Engines, SiteDefinition, certificate, stopping);
    }

    private async Task ChangeAsync(NodeSetupPlan plan, CancellationToken stopping)
    {
        var connection = await Cluster.Nodes.ConnectAsync(plan.Node, stopping);
        var done = await NodeSetup.RunAsync(connection, Cluster.Engines, plan, DateTimeOffset.UtcNow, stopping, TakenBack);
        if (done.ContainersLost.Count > 0)
        {
            Warn($"{plan.Node}: containers that ran before the restart and not after it: {string.Join(", ", done.ContainersLost)}");
        }

        Emit(done);
    }

    private byte[]? Certificate()
    {
        if (SiteDefinition.Engine.RegistryCertificate is not { } file)
        {
            return null;
        }

        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"engine.registryCertificate: {file} cannot be read: {Quote.Cause(exception)}", file,
                "Correct the path in the site definition; a relative one starts at the definition's directory.", exception);
        }
    }
}
