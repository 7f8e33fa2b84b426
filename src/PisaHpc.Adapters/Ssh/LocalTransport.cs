using System.ComponentModel;
using System.Net;

namespace PisaHpc.Adapters.Ssh;

/// <summary>This machine as a node, without ssh.</summary>
internal sealed class LocalTransport : INodeTransport
{
    private LocalTransport()
    {
    }

    public bool IsOpen => true;

    public int MaxSessions => int.MaxValue;

    /// <summary>Whether a name is one of this machine's own.</summary>
    public static bool IsThisMachine(string node) => node is "localhost" or "127.0.0.1" or "::1" || AreOne(node, Dns.GetHostName());

    /// <summary>Whether two names are one machine's: of two domains may have machines of the same first label.</summary>
    internal static bool AreOne(string node, string host)
    {
        var areWhole = node.Contains('.', StringComparison.Ordinal) && host.Contains('.', StringComparison.Ordinal);
        return (areWhole ? node : FirstLabel(node)).Equals(areWhole ? host : FirstLabel(host), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Makes sure that a name is one of this machine's own.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeUnreachable"/> for any other name.</exception>
    public static void Require(string node)
    {
        if (!IsThisMachine(node))
        {
            throw new HpcException(
                ErrorId.NodeUnreachable,
                $"Node {node} is not this machine ({Dns.GetHostName()}), and 'client: local' reaches no other.",
                node,
                "Set nodes.ssh.client to builtin or openssh in the site definition.");
        }
    }

    /// <summary>Makes the transport for a name of this machine.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeUnreachable"/> for any other name.</exception>
    public static Task<INodeTransport> OpenAsync(string node)
    {
        Require(node);
        return Task.FromResult<INodeTransport>(new LocalTransport());
    }

    /// <summary>Starts a command in a session of its own, as sshd does, so that it can be ended with all it starts.</summary>
    public Task<INodeSession> StartAsync(RemoteCommand command)
    {
        string[] shell = ["sh", "-c", command.Line];
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

    private static string FirstLabel(string name) => IPAddress.TryParse(name, out _) ? name : name.Split('.')[0];
}
