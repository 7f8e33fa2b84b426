using System.Diagnostics;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Access.Ssh;

/// <summary>A connection to a node that is this machine: the domain's scripts run in a real sh.</summary>
/// <param name="node">The node's name.</param>
/// <param name="shared">A path in arguments that each node has for itself: <c>-NODE</c> is put after it.</param>
internal sealed class LocalShell(string node, string? shared = null) : INodeConnection
{
    public string Node => node;

    public async Task<NodeCommandResult> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        using var process = Start(shared is null ? arguments : [.. arguments.Select(argument => argument.Replace(shared, $"{shared}-{node}", StringComparison.Ordinal))]);
        var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it took all of its input, as it may: its exit code says why.
        }

        await reading;
        await process.WaitForExitAsync(cancellationToken);
        return new NodeCommandResult(process.ExitCode, output.ToArray(), await error);
    }

    public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => throw new NotSupportedException();

    public static Process Start(IReadOnlyList<string> arguments) => Process.Start(new ProcessStartInfo(arguments[0], arguments.Skip(1))
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
