using System.Net;

namespace PisaHpc.Nodes;

/// <summary>The machine that this process runs on, under the names that lead to it.</summary>
internal static class ThisMachine
{
    /// <summary>Whether a name is one of this machine's own.</summary>
    public static bool Is(string node) => node is "localhost" or "127.0.0.1" or "::1" || AreOne(node, Dns.GetHostName());

    /// <summary>Whether two names are one machine's: of two domains may have machines of the same first label.</summary>
    public static bool AreOne(string node, string host)
    {
        var areWhole = node.Contains('.', StringComparison.Ordinal) && host.Contains('.', StringComparison.Ordinal);
        return (areWhole ? node : FirstLabel(node)).Equals(areWhole ? host : FirstLabel(host), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Makes sure that a name is one of this machine's own.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeUnreachable"/> for any other name.</exception>
    public static void Require(string node)
    {
        if (!Is(node))
        {
            throw new HpcException(
                ErrorId.NodeUnreachable,
                $"Node {node} is not this machine ({Dns.GetHostName()}), and 'client: local' reaches no other.",
                node,
                "Set nodes.ssh.client to builtin or openssh in the site definition.");
        }
    }

    private static string FirstLabel(string name) => IPAddress.TryParse(name, out _) ? name : name.Split('.')[0];
}
