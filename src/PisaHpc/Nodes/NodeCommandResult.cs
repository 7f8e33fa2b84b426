using System.Text;

namespace PisaHpc.Nodes;

/// <summary>What a command on a node left behind.</summary>
/// <param name="ExitCode">The exit code; 128 + n when signal n ended it, as a shell reports it.</param>
/// <param name="Output">Standard output, whole.</param>
/// <param name="Error">Standard error, whole, as UTF-8 text.</param>
public sealed record NodeCommandResult(int ExitCode, ReadOnlyMemory<byte> Output, string Error)
{
    /// <summary>Standard output as UTF-8 text.</summary>
    public string Text => Encoding.UTF8.GetString(Output.Span);
}
