using System.Diagnostics;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

/// <summary>A command that runs on this machine.</summary>
internal sealed class LocalProcess(Process process) : INodeProcess
{
    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => process.StandardOutput.BaseStream;

    public Stream Error => process.StandardError.BaseStream;

    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
