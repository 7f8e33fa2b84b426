using System.Management.Automation;
using PisaHpc.Module.Base;
using PisaHpc.Tracing;
using PisaHpc.Tracing.Files;

namespace PisaHpc.Module.Commands;

/// <summary>Writes a trace as a waterfall for a browser, or as trace events for Perfetto and chrome://tracing.</summary>
[Cmdlet(VerbsData.Export, "HpcTrace", SupportsShouldProcess = true)]
[OutputType(typeof(HpcTraceFile))]
public sealed class ExportHpcTraceCommand : AsyncCmdlet
{
    private readonly List<HpcPhase> _phases = [];

    /// <summary>The file; it ends with .svg or .json, and one that is there is replaced.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The trace: the phases of -TraceVariable, or of Get-HpcJob -Trace.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public HpcPhase[] InputObject { get; set; } = [];

    private TraceFile File => new(GetUnresolvedProviderPathFromPSPath(Path));

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        // An ending that says nothing is told of before whatever makes the trace has run for long.
        _ = File;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync()
    {
        _phases.AddRange(InputObject);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var file = File;
        if (_phases.Count == 0)
        {
            Warn($"There is no phase to write: {Path} is not written.");
            return;
        }

        var predicted = file.Predict(_phases);
        if (await ShouldProcessAsync(predicted.Path, $"Write {Plural.Of(_phases.Count, "phase")} of {predicted.Title}"))
        {
            Emit(file.Write(_phases));
        }
    }
}
