using System.Globalization;
using System.Text;
using PisaHpc.Access.Login;
using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Environments;

/// <summary>A static environment on a node as ssh knows it: its host key, and how one gets there.</summary>
public sealed record HpcKnownHost
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The static environment.</summary>
    public required string Static { get; init; }

    /// <summary>The port of its sshd.</summary>
    public required int Port { get; init; }

    /// <summary>The SHA-256 of its host key, as <c>ssh-keygen -l</c> prints it.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Its line of a known_hosts file (sshd(8)), by which <c>ssh -p PORT NODE</c> asks nothing.</summary>
    public required string KnownHosts { get; init; }

    /// <summary>Its part of an ssh_config file (ssh_config(5)), by which <c>ssh NODE-STATIC</c> goes there.</summary>
    public required string SshConfig { get; init; }

    /// <summary>Whether this call changed its line in a file.</summary>
    public bool Changed { get; init; }

    /// <summary>Reads a static environment's host key from a node.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ContainerNotFound"/>: it was never started there; <see cref="ErrorId.NodeCommandFailed"/>; the connection's ids.
    /// </exception>
    public static async Task<HpcKnownHost> ReadAsync(
        Cluster cluster, HpcSite site, StaticDefinition definition, string node, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(definition);
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        var directory = LoginDirectory.PathOf(site.StaticDirectory, node, definition.Name);
        var key = await LoginDirectory.HostKeyAsync(connection, directory, cancellationToken) ?? throw new HpcException(
            ErrorId.ContainerNotFound,
            $"Static environment {definition.Name} was never started on {node}: it has no host key in {directory}.",
            node,
            $"Start it: Start-HpcContainer -Static {definition.Name} -Node {node}.");
        return Of(definition, node, key);
    }

    /// <summary>What there is to say of a host key.</summary>
    public static HpcKnownHost Of(StaticDefinition definition, string node, HostKey key)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(key);
        return new HpcKnownHost
        {
            Node = node,
            Static = definition.Name,
            Port = definition.Port,
            Fingerprint = key.Fingerprint,
            KnownHosts =
                $"{KnownHostNames.NameOf(node, definition.Port)} {key.Type} {Convert.ToBase64String(key.Blob.Span)}",
            SshConfig = Configuration(definition, node),
        };
    }

    private static string Configuration(StaticDefinition definition, string node)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Host {node}-{definition.Name}\n");
        text.Append(CultureInfo.InvariantCulture, $"    HostName {node}\n    Port {definition.Port}\n    StrictHostKeyChecking yes\n");
        if (definition.Logins.By.Contains(LoginProof.HostBased))
        {
            text.Append("    HostbasedAuthentication yes\n");
        }

        return text.ToString();
    }

    /// <summary>Whose key it is.</summary>
    public override string ToString() => $"{Static} on {Node}, port {Port}: {Fingerprint}";
}
