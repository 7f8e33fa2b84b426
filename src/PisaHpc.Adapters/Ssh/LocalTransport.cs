using System.ComponentModel;
using PisaHpc.Nodes;

namespace PisaHpc.Adapters.Ssh;

/// <summary>This machine as a node, without ssh.</summary>
internal sealed class LocalTransport : INodeTransport
{
    /// <summary>
    /// What sshd gives a login of root's (sshd(8), login process). A hook's own variables may be a job's user's: not even PATH is heeded.
    /// </summary>
    private static readonly Dictionary<string, string> LoginVariables = new(StringComparer.Ordinal)
    {
        ["HOME"] = "/root",
        ["LOGNAME"] = "root",
        ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ["SHELL"] = "/bin/sh",
        ["USER"] = "root",
    };

    private readonly bool _asLogin;

    private LocalTransport(bool asLogin) => _asLogin = asLogin;

    public bool IsOpen => true;

    public int MaxSessions => int.MaxValue;

    /// <summary>Makes the transport for a name of this machine.</summary>
    /// <param name="asLogin">Whether commands find what a login of root's finds, and nothing of this process.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeUnreachable"/> for any other name.</exception>
    public static Task<INodeTransport> OpenAsync(string node, bool asLogin = false)
    {
        ThisMachine.Require(node);
        return Task.FromResult<INodeTransport>(new LocalTransport(asLogin));
    }

    /// <summary>Starts a command in a session of its own, as sshd does, so that it can be ended with all it starts.</summary>
    public Task<INodeSession> StartAsync(RemoteCommand command)
    {
        try
        {
            return Task.FromResult<INodeSession>(
                _asLogin ? ProcessSession.Start(
                    "/usr/bin/setsid", ["/bin/sh", "-c", "umask 022; cd /\n" + command.ExecScript], Task.FromResult, LoginVariables)
                : OperatingSystem.IsLinux() ? ProcessSession.Start("setsid", ["sh", "-c", command.ExecScript], Task.FromResult)
                : ProcessSession.Start("sh", ["-c", command.ExecScript], Task.FromResult));
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
