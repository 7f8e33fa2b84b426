using System.Management.Automation;
using PisaHpc.Base;
using PisaHpc.Completion;
using PisaHpc.Nodes;
using PisaHpc.Setup;

namespace PisaHpc.Commands;

/// <summary>
/// Makes nodes fit: the engine's configuration, merged into what stands there and taken up with containers going on; the registry's
/// certificate; the port area and the directory for jobs' files.
/// </summary>
[Cmdlet(VerbsData.Initialize, "HpcNode", SupportsShouldProcess = true)]
[OutputType(typeof(HpcNodeSetup))]
public sealed class InitializeHpcNodeCommand : NodeCmdlet
{
    private readonly List<string> _nodes = [];

    /// <summary>The nodes to make fit.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>With -WhatIf: emits what would be done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _nodes.AddRange(Node);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        var certificate = Certificate();
        string[] nodes = [.. NodesOf(_nodes).Distinct(StringComparer.Ordinal)];
        return OnEachAsync(
            "Making nodes fit", nodes, (node, stopping) => MakeFitAsync(node, certificate, stopping), ReportNode, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The node's time runs while it is read and while it is changed, and not while an admin thinks about it.</summary>
    private async Task MakeFitAsync(string node, byte[]? certificate, CancellationToken stopping)
    {
        NodeSetupPlan plan = null!;
        await FanOut.WithinAsync(node, NodeTimeout, async limit => plan = await PlanAsync(node, certificate, limit), stopping);
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
        await using var connection = await Connector.ConnectAsync(node, stopping);
        return await NodeSetupPlan.ReadAsync(connection, Engines, SiteDefinition, certificate, stopping);
    }

    private async Task ChangeAsync(NodeSetupPlan plan, CancellationToken stopping)
    {
        await using var connection = await Connector.ConnectAsync(plan.Node, stopping);
        var done = await NodeSetup.RunAsync(connection, Engines, plan, DateTimeOffset.UtcNow, stopping);
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
                ErrorId.InvalidValue, $"engine.registryCertificate: {file} cannot be read: {exception.Message}", file,
                "Correct the path in the site definition; a relative one starts at the definition's directory.", exception);
        }
    }
}
