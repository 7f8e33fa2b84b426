using System.Management.Automation;
using PisaHpc.Module.Base;

namespace PisaHpc.Unit.Face;

/// <summary>A cmdlet of which one node, or the work as a whole, fails with an exception that the module does not know.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Failure")]
public sealed class FailingCommand : NodeCmdlet
{
    /// <summary>What fails.</summary>
    [Parameter(Mandatory = true)]
    public Exception Failure { get; set; } = null!;

    /// <summary>The node that fails; all of it when none is named.</summary>
    [Parameter]
    public string? Node { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync() => Node is null
        ? throw Failure
        : (Cluster with { Throttle = 1 }).OnEachAsync(["n1", "n2", "n3"], RunAsync, StopToken);

    private async Task RunAsync(string node, CancellationToken stopping)
    {
        await Task.Yield();
        stopping.ThrowIfCancellationRequested();
        if (node == Node)
        {
            throw Failure;
        }

        Emit(node);
    }
}
