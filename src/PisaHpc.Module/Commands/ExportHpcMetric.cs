using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Monitoring;

namespace PisaHpc.Module.Commands;

/// <summary>Writes summaries as a file of metrics that the node exporter of Prometheus collects.</summary>
[Cmdlet(VerbsData.Export, "HpcMetric", SupportsShouldProcess = true)]
[OutputType(typeof(HpcMetricFile))]
public sealed class ExportHpcMetricCommand : AsyncCmdlet
{
    private readonly List<IHpcSummary> _summaries = [];

    /// <summary>A summary: what -Summary of Test-HpcNode, Compare-HpcEnvironment and Test-HpcContainer puts out.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public IHpcSummary InputObject { get; set; } = null!;

    /// <summary>The file, whose name has to end in .prom for the collector. It is replaced as a whole.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>With -WhatIf, writes the object as it would be.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _summaries.Add(InputObject);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var file = HpcMetricFile.Of(GetUnresolvedProviderPathFromPSPath(Path), _summaries);
        if (await ShouldProcessAsync(file.Path, $"Put {Plural.Of(file.Values, "value")} there"))
        {
            Emit(file.Write());
        }
        else if (PassThru)
        {
            Emit(file.Predict());
        }
    }
}
