using System.Security.Cryptography;
using System.Text;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// What a command's shell writes on standard output when the command has ended: words that no output holds by chance. They are kept out of
/// what is read.
/// </summary>
internal sealed class CommandEndSentinel
{
    private const string Word = "pisahpc-end";
    private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _mark;

    public CommandEndSentinel() => _mark = Encoding.ASCII.GetBytes($"{Word} {Key}");

    /// <summary>Completes when the mark has come.</summary>
    public Task Seen => _seen.Task;

    /// <summary>
    /// What makes the mark one of its own. The shell puts it together: a process list that a command prints shows no mark.
    /// </summary>
    public string Key { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Splits what has arrived.</summary>
    /// <param name="arrived">Bytes of the output; the first may be those that were kept back last time.</param>
    /// <returns>How many bytes are the command's own; those behind may be the mark's beginning, or are the mark.</returns>
    public int Split(ReadOnlySpan<byte> arrived)
    {
        if (arrived.IndexOf(_mark) is var start and >= 0)
        {
            _seen.TrySetResult();
            return start;
        }

        var kept = Math.Min(arrived.Length, _mark.Length - 1);
        while (!arrived.EndsWith(_mark.AsSpan(0, kept)))
        {
            kept--;
        }

        return arrived.Length - kept;
    }
}
