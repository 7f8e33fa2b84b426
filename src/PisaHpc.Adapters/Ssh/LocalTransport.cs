using System.ComponentModel;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Ssh;

/// <summary>This machine as a node, without ssh.</summary>
internal sealed class LocalTransport : INodeTransport
{
    private LocalTransport()
    {
    }

    public bool IsOpen => true;

    public int MaxSessions => int.MaxValue;

    /// <summary>Makes the transport for a name of this machine.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeUnreachable"/> for any other name.</exception>
    public static Task<INodeTransport> OpenAsync(string node)
    {
        ThisMachine.Require(node);
        return Task.FromResult<INodeTransport>(new LocalTransport());
    }

    /// <summary>Starts a command in a session of its own, as sshd does, so that it can be ended with all it starts.</summary>
    public Task<INodeSession> StartAsync(RemoteCommand command)
    {
        string[] shell = ["sh", "-c", command.ExecLine];
        try
        {
            return Task.FromResult<INodeSession>(
                OperatingSystem.IsLinux()
                    ? ProcessSession.Start("setsid", shell, Task.FromResult)
                    : ProcessSession.Start(shell[0], shell[1..], Task.FromResult));
        }
        catch (Win32Exception exception)
        {
            throw new HpcException(
                ErrorId.PlatformNotSupported,
                $"This machine cannot run a node's commands itself: {Quote.Cause(exception)}",
                innerException: exception);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
