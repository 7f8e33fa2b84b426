using PisaHpc.Engines;

namespace PisaHpc.Sites;

/// <summary>Which ssh reaches the nodes.</summary>
public enum SshClientKind
{
    /// <summary>In process (SSH.NET): keys from files, one connection per node.</summary>
    Builtin,

    /// <summary>The OpenSSH client: agent, GSSAPI, host-based, ProxyJump from ssh_config.</summary>
    OpenSsh,

    /// <summary>No ssh: this machine alone, by its own name or localhost.</summary>
    Local,
}

/// <summary>How the nodes are reached.</summary>
public sealed record NodeAccess
{
    /// <summary>The nodes that the site knows, as host lists; wildcards and completion look here.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The implementation.</summary>
    public SshClientKind Client { get; init; } = SshClientKind.Builtin;

    /// <summary>
    /// The node that this process is on, as root as a login there would be: what is done on it needs none. Null where every node is reached
    /// by <see cref="Client"/>.
    /// </summary>
    public string? Here { get; init; }

    /// <summary>The login name; null is the caller's own.</summary>
    public string? User { get; init; }

    /// <summary>The port of the nodes' own sshd.</summary>
    public int Port { get; init; } = 22;

    /// <summary>Private key files; empty is ~/.ssh/id_ed25519, id_ecdsa and id_rsa, those that exist.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>known_hosts files; empty is ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.</summary>
    public IReadOnlyList<string> KnownHosts { get; init; } = [];

    /// <summary>An ssh_config for the OpenSSH client; null is its default.</summary>
    public string? Config { get; init; }

    /// <summary>How long a connection may take to open.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an unused connection stays open.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Which kind of engine the nodes have.</summary>
    public IEngineAdministration EngineAdministration { get; init; } = KnownEngines.Default;

    /// <summary>The engine's socket on the nodes: <see cref="IEngineAdministration.Socket"/>, unless the site says otherwise.</summary>
    public string EngineSocket
    {
        get => field ?? EngineAdministration.Socket;
        init;
    }

    /// <summary>Whether a node is this machine, and is reached without ssh.</summary>
    public bool IsHere(string node) => Client == SshClientKind.Local || node == Here;
}
