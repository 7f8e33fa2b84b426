using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Audit;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Audits containers, plans, or what the site definition describes: one object for each finding. Nothing is written when all is well.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "HpcContainer", DefaultParameterSetName = OnNodes)]
[OutputType(typeof(HpcContainerFinding), typeof(HpcContainerFindingGroup), typeof(HpcContainerAuditSummary))]
public sealed class TestHpcContainerCommand : NodeCmdlet
{
    private const string OnNodes = "Nodes";
    private const string Given = "Containers";
    private const string Planned = "Plans";
    private const string Described = "Definition";

    /// <summary>What -JobId is where nobody gives it: every container is meant, one of no job too.</summary>
    private static readonly string[] Unasked = ["*"];

    private readonly List<HpcContainer> _given = [];
    private readonly ConcurrentQueue<HpcContainerFinding> _findings = new();
    private readonly ConcurrentDictionary<string, bool> _failed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _answered = new(StringComparer.Ordinal);
    private ContainerSelection _selection = null!;
    private ContainerAudit _audit = null!;
    private string[] _named = [];
    private int _audited;

    /// <summary>A container, from Start-HpcContainer or Get-HpcContainer.</summary>
    [Parameter(ParameterSetName = Given, Mandatory = true, ValueFromPipeline = true)]
    public HpcContainer InputObject { get; set; } = null!;

    /// <summary>A plan, from New-HpcContainerPlan.</summary>
    [Parameter(ParameterSetName = Planned, Mandatory = true, ValueFromPipeline = true)]
    public HpcContainerPlan Plan { get; set; } = null!;

    /// <summary>Audits every environment, every queue and every static environment of the site definition; no node is asked.</summary>
    [Parameter(ParameterSetName = Described, Mandatory = true)]
    public SwitchParameter Definition { get; set; }

    /// <summary>The nodes whose containers are audited; those of the jobs when none is named, the site's where no job is.</summary>
    [Parameter(ParameterSetName = OnNodes, Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>Only the containers of these jobs; wildcards are allowed. A job typed without any that has none is an error.</summary>
    [Parameter(ParameterSetName = OnNodes, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? JobId { get; set; } = Unasked;

    /// <summary>Only the containers of these static environments, by name; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = OnNodes)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StaticCompleter))]
    public string[] Static { get; set; } = [];

    /// <summary>Audits those containers of the nodes, too, that the module did not make.</summary>
    [Parameter(ParameterSetName = OnNodes)]
    public SwitchParameter IncludeForeign { get; set; }

    /// <summary>Only these checks, by name or pattern.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ContainerCheckCompleter))]
    public string[] Check { get; set; } = ["*"];

    /// <summary>Writes an error for each container that has an open finding as bad as this, or worse.</summary>
    [Parameter]
    [ValidateSet(nameof(AuditSeverity.Warning), nameof(AuditSeverity.Error))]
    public string? FailOn { get; set; }

    /// <summary>Writes one object in place of the findings: a status, an exit code and a line as monitoring systems take them.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>Writes one object for the findings that say the same of an environment's containers, when all were audited.</summary>
    [Parameter]
    public SwitchParameter Fold { get; set; }

    /// <summary>Writes the results of each node as soon as they are there, and not in the order of the nodes.</summary>
    [Parameter]
    public SwitchParameter Unordered { get; set; }

    /// <inheritdoc/>
    private protected override int UsualTimeoutSec => ShortWorkSec;

    /// <inheritdoc/>
    private protected override bool IsInOrder => !Unordered;

    /// <summary>Whether the containers of all of the site's nodes are meant.</summary>
    private bool MeansSite => ParameterSetName == OnNodes && !MyInvocation.ExpectingInput
        && (Node, Static) is ([], []) && ReferenceEquals(JobId, Unasked);

    /// <summary>Which containers of the nodes are left aside, in words.</summary>
    private string Aside => ParameterSetName != OnNodes ? ""
        : IncludeForeign ? "stopped containers" : "stopped containers, and others' containers";

    /// <inheritdoc/>
    protected override async Task BeginAsync()
    {
        RefuseTogether(nameof(Fold), nameof(Summary));
        RefuseBeside(nameof(Unordered), nameof(Fold), nameof(Summary));
        await base.BeginAsync();
        _audit = new ContainerAudit(SiteDefinition, ChecksMeant(), DateOnly.FromDateTime(DateTime.UtcNow));
        _named = MyInvocation.BoundParameters.ContainsKey(nameof(JobId)) ? [.. JobId ?? []] : [];
        _selection = new ContainerSelection(this) { Static = Static };
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        switch (ParameterSetName)
        {
            case Given:
                _given.Add(InputObject);
                break;
            case Planned:
                Found(AuditedContainer.Of(Plan, SiteDefinition));
                break;
            case OnNodes:
                _selection.Ask(Node, ReferenceEquals(JobId, Unasked) ? (string?[])[null] : JobId ?? []);
                break;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (Definition)
        {
            _ = RequiredSite;
            DescribedContainers.Of(SiteDefinition).ToList().ForEach(Found);
        }

        var isMeant = _selection.Filter();
        var given = _given.ToLookup(container => container.Node);
        var nodes = _selection.Nodes.Concat(given.Select(group => group.Key)).Distinct().ToList();
        await OnEachAsync(Cluster with { Failed = Missed }, "Auditing containers", Phase.CheckNode, nodes, async (node, stopping) =>
        {
            var engine = await Cluster.Engines.ConnectAsync(node, stopping);
            var ids = given.Contains(node) ? given[node].Select(container => container.Id) : await FindAsync(engine, isMeant, stopping);
            await SideBySideAsync(ids, id => InspectAsync(engine, id, stopping));
            _answered[node] = true;
        });
        var missing = _selection.Missing(_named).ToList();
        missing.ForEach(failure => Report(failure));

        TellWaivers();
        if (Fold)
        {
            var places = nodes.Index().ToDictionary(node => node.Item, node => node.Index);
            EmitAll(HpcContainerFindingGroup.Of(_findings
                .OrderBy(finding => places.GetValueOrDefault(finding.Node, int.MaxValue))
                .ThenBy(finding => places.ContainsKey(finding.Node) ? finding.Name : "", StringComparer.Ordinal)));
        }

        if (Summary)
        {
            Emit(HpcContainerAuditSummary.Of(
                [.. _answered.Keys.Except(_failed.Keys)], [.. _failed.Keys], _audited, _findings,
                [.. missing.Select(failure => Quote.Of($"{failure.Target}"))], Aside));
        }
    }

    private async Task<IEnumerable<string>> FindAsync(IContainerEngine engine, Func<HpcContainer, bool> isMeant, CancellationToken stopping)
    {
        var filter = IncludeForeign ? new Dictionary<string, string?>() : ContainerLabels.FilterOfAll();
        var containers = await engine.ListAsync(filter, stopping);
        return from container in containers
               where container.State is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting
               let isForeign = !container.Labels.ContainsKey(ContainerLabels.Schema)
               where isForeign || isMeant(ContainerLabels.ToHpcContainer(engine.Node, container))
               select container.Id;
    }

    private async Task InspectAsync(IContainerEngine engine, string id, CancellationToken stopping)
    {
        if (await engine.InspectAsync(id, stopping) is { } inspection)
        {
            Found(AuditedContainer.Of(engine.Node, inspection, SiteDefinition));
        }
        else if (_given.Find(container => container.Id == id) is { } gone)
        {
            Missed(new NodeFailure(
                gone.Node,
                new HpcException(ErrorId.ContainerNotFound, $"Node {gone.Node} has no container {gone.Name} any more.", gone.Node)));
        }
    }

    private void Found(AuditedContainer container)
    {
        Interlocked.Increment(ref _audited);
        var findings = _audit.Examine(container);
        Put(findings);
        var bad = findings.Where(IsAsBadAsFailOn).Select(finding => $"{finding.Check} {finding.Severity} ({finding.Evidence})").ToList();
        if (bad.Count > 0)
        {
            var where = container.Node.Length > 0 ? $"{container.Name} on {container.Node}" : $"{container.Kind} {container.Name}";
            var target = container.Node.Length > 0 ? container.Node : container.Name;
            Report(new HpcException(ErrorId.ContainerCheckFailed, $"{where} is not in order: {string.Join("; ", bad)}.", target), target);
        }
    }

    private void Put(IReadOnlyCollection<HpcContainerFinding> findings)
    {
        foreach (var finding in findings)
        {
            _findings.Enqueue(finding);
        }

        if (!Summary && !Fold)
        {
            EmitAll(findings);
        }
    }

    private bool IsAsBadAsFailOn(HpcContainerFinding finding) =>
        FailOn is not null && finding.Status == nameof(FindingStatus.Open)
        && Enum.Parse<AuditSeverity>(finding.Severity) >= Enum.Parse<AuditSeverity>(FailOn, ignoreCase: true);

    /// <summary>
    /// A waiver is for nothing where neither what runs nor what is described has what it is for, and that is known of the site as a whole.
    /// </summary>
    private void TellWaivers()
    {
        var isWhole = MeansSite && _failed.IsEmpty;
        if (isWhole)
        {
            DescribedContainers.Of(SiteDefinition).ToList().ForEach(container => _audit.Examine(container));
        }

        Put([.. _audit.Expired(isWhole || Definition), .. isWhole ? _audit.Unused(IncludeForeign) : []]);
    }

    private void Missed(NodeFailure failure)
    {
        _failed[failure.Node] = true;
        ReportNode(failure);
    }

    private List<IContainerCheck> ChecksMeant()
    {
        var isMeant = CheckNames.Meant(Check, ContainerChecks.Names);
        return [.. ContainerChecks.All.Where(check => isMeant(check.Name))];
    }
}
