using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Environments;

/// <summary>A command on a node that says a line and goes on until its input ends, or that has ended with a code.</summary>
internal sealed class HeldProcess : INodeProcess
{
    private readonly TaskCompletionSource<int> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HeldProcess(Stream output, string error)
    {
        (Output, Error) = (output, Text(error));
        Input = new EndingStream(() => End(0));
    }

    public Stream Input { get; }

    public Stream Output { get; }

    public Stream Error { get; }

    public static HeldProcess Saying(string line) => new(Text(line + "\n"), "");

    /// <summary>One that hangs.</summary>
    public static HeldProcess Silent() => new(new SilentStream(), "");

    public static HeldProcess Ended(int code, string error)
    {
        var process = new HeldProcess(Text(""), error);
        process.End(code);
        return process;
    }

    /// <summary>Ends it, as a node does whose connection breaks.</summary>
    public void End(int code) => _end.TrySetResult(code);

    public Task<int> WaitAsync(CancellationToken cancellationToken) => _end.Task.WaitAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        End(143);
        return ValueTask.CompletedTask;
    }

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
