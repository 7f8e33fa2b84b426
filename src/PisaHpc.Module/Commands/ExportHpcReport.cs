using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Preflight;
using PisaHpc.Reports;

namespace PisaHpc.Module.Commands;

/// <summary>Writes how a cluster is as one page for a browser: of what comes by the pipeline, or of all that there is.</summary>
[Cmdlet(VerbsData.Export, "HpcReport", SupportsShouldProcess = true)]
[OutputType(typeof(HpcReport))]
public sealed class ExportHpcReportCommand : SiteCmdlet
{
    /// <summary>
    /// What a whole report is of, by the cmdlets that an admin would call: their failures are a part of the answer, and none ends the rest.
    /// What they say to a reader at a prompt is in the page.
    /// </summary>
    private const string Look = """
        param($site, $nodes, $check)
        $ErrorActionPreference = 'Continue'
        $looks = @(
            { Get-HpcNode @nodes @site }
            if ($check) { { Test-HpcNode @nodes @site } }
            { Get-HpcJob @nodes @site }
            { Get-HpcImage @nodes @site }
            { Compare-HpcEnvironment @nodes @site }
            { Test-HpcContainer @nodes @site }
            { Get-JobPort @site }
        )
        foreach ($look in $looks) {
            try { & $look 2>&1 6>$null } catch { $_ }
        }
        """;

    /// <summary>What says at what, and how, nodes are looked at.</summary>
    private static readonly string[] LookParameters = [nameof(Node), nameof(NoCheck), nameof(ThrottleLimit), nameof(TimeoutSec)];

    private readonly List<object> _given = [];

    /// <summary>
    /// What Get-HpcNode, Test-HpcNode, Get-HpcJob, Get-HpcImage, Compare-HpcEnvironment, Test-HpcContainer and Get-JobPort put out.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The page's file, which is replaced as a whole.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The nodes to look at, where nothing comes by the pipeline; the site's nodes when none is named.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [NodeNames]
    [ArgumentCompleter(typeof(NodeCompleter))]
    [Alias("Nodes")]
    public string[] Node { get; set; } = [];

    /// <summary>What the page is headed; else the site definition's path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Title { get; set; }

    /// <summary>Leaves out the checks of nodes, which take longest.</summary>
    [Parameter]
    public SwitchParameter NoCheck { get; set; }

    /// <summary>How many nodes are asked at a time.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 32;

    /// <summary>How long each look at a node may take, in seconds; 0 is no limit. Each cmdlet's own when not given.</summary>
    [Parameter]
    [ValidateRange(0, 86400)]
    public int? TimeoutSec { get; set; }

    /// <summary>With -WhatIf, looks all the same, and writes the object as it would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        if (InputObject is { } given)
        {
            _given.Add(Content(given));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var isWhole = !MyInvocation.ExpectingInput;
        if (!isWhole && LookParameters.FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } parameter)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"-{parameter} is of a look at nodes, and here what to report of came by the pipeline.", Path,
                "Leave it out, or leave the pipeline out.");
        }

        // A site that is not there is one error, and not one of each look; a file that cannot be written costs none.
        var nodes = isWhole ? NodesOrSite(Node).Count : _given.OfType<HpcNode>().Count();
        var path = GetUnresolvedProviderPathFromPSPath(Path);
        HpcReport.RequireWritable(path);
        var given = isWhole ? null : ReportOf(path, _given, isWhole);
        var goesOn = await ShouldProcessAsync(path, $"Put a report of {Plural.Of(nodes, "node")} there");
        if (!goesOn && !PassThru)
        {
            return;
        }

        var report = given ?? ReportOf(path, [.. Statics(), .. await AskAsync(LookAtAll)], isWhole);
        Emit(goesOn ? report.Write() : report);
    }

    private HpcReport ReportOf(string path, IReadOnlyCollection<object> content, bool isWhole)
    {
        var title = Title ?? (SiteDefinition.Path is { } site ? $"Cluster of {site}" : "Cluster");
        return HpcReport.Of(path, title, content, isWhole, DateTimeOffset.UtcNow);
    }

    /// <summary>What is declared, of the nodes that are looked at: no cmdlet puts that out.</summary>
    private IEnumerable<ReportStatic> Statics() =>
        from definition in SiteDefinition.Static.Values
        let nodes = Node.Length == 0 ? definition.NodeNames() : [.. definition.NodeNames().Intersect(NodesOf(Node))]
        where nodes.Count > 0
        select new ReportStatic(definition.Name, definition.Environment, definition.Port, nodes);

    private List<object> LookAtAll()
    {
        var site = new System.Collections.Hashtable();
        if (SitePath is not null)
        {
            site["Site"] = SitePath;
        }

        var nodes = new System.Collections.Hashtable { [nameof(ThrottleLimit)] = ThrottleLimit };
        if (TimeoutSec is { } seconds)
        {
            nodes[nameof(TimeoutSec)] = seconds;
        }

        if (Node.Length > 0)
        {
            nodes["Node"] = Node;
        }

        return [.. InvokeCommand.InvokeScript(true, ScriptBlock.Create(Look), null, site, nodes, !NoCheck).Select(Content)];
    }

    /// <summary>An error record as a row: the domain knows no PowerShell.</summary>
    private static object Content(PSObject item) => item.BaseObject is ErrorRecord error
        ? new ReportFailure(
            error.FullyQualifiedErrorId.Split(',')[0],
            $"{error.TargetObject}",
            error.ErrorDetails?.Message is { Length: > 0 } said ? said : error.Exception.Message,
            error.ErrorDetails?.RecommendedAction ?? "")
        {
            Nodes = error.Exception is HpcException { FailedNodes: { Count: > 0 } failed } ? [.. failed.Select(failure => failure.Node)]
                : error.TargetObject is string target ? [target]
                : [],
        }
        : item.BaseObject;
}
