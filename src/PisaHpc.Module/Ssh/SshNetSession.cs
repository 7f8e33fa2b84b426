using Renci.SshNet;

namespace PisaHpc.Ssh;

/// <summary>A command on a channel of an SSH.NET connection.</summary>
internal sealed class SshNetSession : INodeSession
{
    private readonly SshCommand _command;
    private readonly Lazy<Stream> _output;
    private readonly Lazy<Stream> _error;

    public SshNetSession(SshCommand command, Task running, Func<Exception, Exception> broken)
    {
        _command = command;
        _output = new Lazy<Stream>(() => PumpedStream.Over(command.OutputStream, "ssh output"));
        _error = new Lazy<Stream>(() => PumpedStream.Over(command.ExtendedOutputStream, "ssh error"));
        Input = InputOf(command);
        Completion = CompleteAsync(running, broken);
    }

    public Stream Input { get; }

    public Stream Output => _output.Value;

    public Stream Error => _error.Value;

    public Task<int> Completion { get; }

    public async Task<SessionOutput> ReadToEndAsync()
    {
        var exitCode = await Completion;
        return new SessionOutput(exitCode, Drain(_command.OutputStream), Drain(_command.ExtendedOutputStream));
    }

    /// <summary>Closing a channel waits for the node's answer, which blocks.</summary>
    public ValueTask DisposeAsync() => new(BlockingWork.RunAsync(_command.Dispose));

    private async Task<int> CompleteAsync(Task running, Func<Exception, Exception> broken)
    {
        try
        {
            await running;
        }
        catch (Exception exception)
        {
            throw broken(exception);
        }

        return _command switch
        {
            { ExitStatus: { } status } => status,
            { ExitSignal: { } signal } => 128 + PosixSignals.NumberOf(signal),
            _ => throw broken(new EndOfStreamException("The command's channel closed without an exit code.")),
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
