using Renci.SshNet;

namespace PisaHpc.Adapters.Ssh;

/// <summary>A command on a channel of an SSH.NET connection.</summary>
internal sealed class SshNetSession : INodeSession
{
    private readonly SshCommand _command;
    private readonly Lazy<Stream> _output;
    private readonly Lazy<Stream> _error;
    private readonly ProcessIdLine _head = new();
    private readonly Lazy<Task<int?>> _processId;
    private volatile bool _disposed;

    /// <summary>Takes over a command.</summary>
    /// <param name="running">Its end, as the library sees it.</param>
    /// <param name="lost">
    /// Fails when the connection is given up: the library tells running commands of that only when the node ends it.
    /// </param>
    /// <param name="end">The mark of the command's end; null for a command that has none.</param>
    /// <param name="broken">Tells of a broken connection.</param>
    public SshNetSession(SshCommand command, Task running, Task lost, CommandEndSentinel? end, Func<Exception, Exception> broken)
    {
        _command = command;
        _output = new Lazy<Stream>(() => PumpedStream.Over(command.OutputStream, "ssh output", end));
        _error = new Lazy<Stream>(() => PumpedStream.Over(command.ExtendedOutputStream, "ssh error"));
        _processId = new Lazy<Task<int?>>(() => _head.ReadAsync(Output));
        Completion = CompleteAsync(running, lost, broken);
        Input = new ChannelInput(InputOf(command), end?.Seen, Completion);
    }

    public Stream Input { get; }

    public Stream Output => _output.Value;

    public Stream Error => _error.Value;

    public Task<int> Completion { get; }

    public async Task<SessionOutput> ReadToEndAsync()
    {
        var exitCode = await Completion;
        ReadOnlyMemory<byte> output = _processId.IsValueCreated ? _head.Seen : Drain(_command.OutputStream);
        var hasHead = RemoteCommand.TryReadHead(output.Span, out _, out var length);
        return new SessionOutput(exitCode, output[length..], Drain(_command.ExtendedOutputStream), hasHead);
    }

    public Task<int?> ProcessIdAsync() => _processId.Value;

    /// <summary>Closing a channel waits for the node's answer, which blocks.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        await BlockingWork.RunAsync(_command.Dispose);
    }

    private async Task<int> CompleteAsync(Task running, Task lost, Func<Exception, Exception> broken)
    {
        try
        {
            await await Task.WhenAny(running, lost);
        }
        catch (ObjectDisposedException) when (_disposed)
        {
            throw;
        }
        catch (Exception exception)
        {
            // Its streams end with it, and with them those who read.
            await BlockingWork.RunAsync(_command.Dispose);
            throw broken(exception);
        }

        return _command switch
        {
            { ExitStatus: { } status } => status,
            { ExitSignal: { } signal } => 128 + PosixSignals.NumberOf(signal),
            _ => throw new HpcException(ErrorId.NodeUnreachable, "The node closed the command's channel without an exit code."),
        };
    }

    /// <summary>A command that has ended already takes no input, as a closed pipe does; its result is what counts.</summary>
    private static Stream InputOf(SshCommand command)
    {
        try
        {
            return command.CreateInputStream();
        }
        catch (InvalidOperationException)
        {
            return Stream.Null;
        }
    }

    /// <summary>The stream is complete: reading it does not block.</summary>
    private static byte[] Drain(Stream stream)
    {
        using var whole = new MemoryStream();
        stream.CopyTo(whole);
        return whole.ToArray();
    }
}

/// <summary>Signal names as the ssh protocol sends them (RFC 4254, section 6.10) and their numbers on Linux (signal(7)).</summary>
internal static class PosixSignals
{
    private static readonly Dictionary<string, int> Numbers = new(StringComparer.Ordinal)
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["ILL"] = 4,
        ["TRAP"] = 5,
        ["ABRT"] = 6,
        ["BUS"] = 7,
        ["FPE"] = 8,
        ["KILL"] = 9,
        ["USR1"] = 10,
        ["SEGV"] = 11,
        ["USR2"] = 12,
        ["PIPE"] = 13,
        ["ALRM"] = 14,
        ["TERM"] = 15,
    };

    /// <summary>The number of a signal; 0 for one whose name tells nothing (sshd writes "SIG" and a private suffix for those).</summary>
    public static int NumberOf(string name) => Numbers.GetValueOrDefault(name);
}

/// <summary>
/// Runs calls of SSH.NET that block their thread for round trips. Each gets a thread of its own: with many nodes at a time they would
/// hold every thread of the pool, which grows by about two a second.
/// </summary>
internal static class BlockingWork
{
    public static Task RunAsync(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
