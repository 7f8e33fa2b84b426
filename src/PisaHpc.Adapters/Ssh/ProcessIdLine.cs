using System.Runtime.InteropServices;

namespace PisaHpc.Adapters.Ssh;

/// <summary>Reads the first line of a command from its output and leaves what follows it (<see cref="RemoteCommand"/>).</summary>
internal sealed class ProcessIdLine
{
    private const int Longest = 1 << 20;
    private readonly List<byte> _seen = [];

    /// <summary>What came and was no first line.</summary>
    public ReadOnlyMemory<byte> Seen => _seen.ToArray();

    /// <summary>Reads byte for byte, so that the command's own output stays in the stream.</summary>
    /// <param name="output">The command's output.</param>
    /// <returns>The process id; null when the output ended without one.</returns>
    public async Task<int?> ReadAsync(Stream output)
    {
        var one = new byte[1];
        while (_seen.Count < Longest && await output.ReadAsync(one) > 0)
        {
            _seen.Add(one[0]);
            if (one[0] == (byte)'\n' && RemoteCommand.TryReadHead(CollectionsMarshal.AsSpan(_seen), out var processId, out _))
            {
                return processId;
            }
        }

        return null;
    }
}
