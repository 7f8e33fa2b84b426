using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
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

    /// <summary>With -WhatIf, writes the object as it would be.</summary>
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
        if (!isWhole && (Node.Length > 0 || NoCheck))
        {
            throw new HpcException(
                ErrorId.InvalidValue, "-Node and -NoCheck say what is to be looked at, and here that came by the pipeline.", Path,
                "Leave them out, or leave the pipeline out.");
        }

        if (isWhole)
        {
            // A site that is not there is one error, and not one of each look.
            _ = NodesOrSite(Node);
        }

        var content = isWhole ? [.. Statics(), .. await AskAsync(LookAtAll)] : _given;
        var title = Title ?? (SiteDefinition.Path is { } site ? $"Cluster of {site}" : "Cluster");
        var report = HpcReport.Of(GetUnresolvedProviderPathFromPSPath(Path), title, content, isWhole, DateTimeOffset.UtcNow);
        if (await ShouldProcessAsync(report.Path, $"Put a report of {Plural.Of(report.Nodes, "node")} there"))
        {
            Emit(report.Write());
        }
        else if (PassThru)
        {
            Emit(report);
        }
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

        var nodes = new System.Collections.Hashtable();
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
