using PisaHpc.Engines;
using PisaHpc.HostLists;

namespace PisaHpc.Sites;

/// <summary>
/// A static environment: a container that stays on each of its nodes, whatever jobs come and go, and into which the node's users log in.
/// </summary>
public sealed record StaticDefinition
{
    /// <summary>The name, by which its containers are named and found.</summary>
    public required string Name { get; init; }

    /// <summary>The environment that it is made of, by name or alias.</summary>
    public required string Environment { get; init; }

    /// <summary>Its nodes, as host lists.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    /// <summary>The TCP port of its sshd, the same on each of its nodes.</summary>
    public required int Port { get; init; }

    /// <summary>Who may log in, and how.</summary>
    public LoginSettings Logins { get; init; } = new();

    /// <summary>When the engine starts its containers again by itself.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.UnlessStopped;

    /// <summary>Who is told before one of its containers goes.</summary>
    public DrainSettings Drain { get; init; } = new();

    /// <summary>Whether jobs of the batch system may be placed into its containers.</summary>
    public bool Jobs { get; init; }

    /// <summary>
    /// The image's own init, which is PID 1 and starts the image's sshd; null for an sshd below the engine's init, or as PID 1 without one.
    /// </summary>
    public string? ImageInit { get; init; }

    /// <summary>Its own layer, above the environment's.</summary>
    public EnvironmentLayer Settings { get; init; } = EnvironmentLayer.Empty;

    /// <summary>Its nodes' names, each once.</summary>
    public IReadOnlyList<string> NodeNames() => [.. HostList.Expand(Nodes).Distinct(StringComparer.Ordinal)];

    /// <summary>Where a key of it stands in the definition.</summary>
    /// <param name="key">The key; null for the declaration as a whole.</param>
    internal SourcePosition? PositionIn(HpcSite site, string? key = null) =>
        site.Positions.GetValueOrDefault(key is null ? $"static.{Name}" : $"static.{Name}.{key}");
}

/// <summary>Who may log into a static environment's containers, and how he proves who he is.</summary>
public sealed record LoginSettings
{
    /// <summary>The groups whose members may (sshd_config(5), AllowGroups); empty for every user of the node.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The users who may (AllowUsers); empty for all. Where there are groups, too, he has to be in one.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>What proves who one is; at least one.</summary>
    public IReadOnlyList<LoginProof> By { get; init; } = [LoginProof.Key];

    /// <summary>Where the container knows its users from.</summary>
    public AccountSource Accounts { get; init; }
}

/// <summary>Who is told before a static environment's container goes.</summary>
public sealed record DrainSettings
{
    /// <summary>Whether the batch system drains the node, and its jobs there are waited for: those that work in the container.</summary>
    public bool Batch { get; init; }
}

/// <summary>What proves to a static environment's sshd who a user is.</summary>
public enum LoginProof
{
    /// <summary>A key in his own ~/.ssh/authorized_keys.</summary>
    Key,

    /// <summary>The host that he comes from, one that the node itself trusts: its /etc/ssh/shosts.equiv and ssh_known_hosts.</summary>
    HostBased,
}

/// <summary>Where a static environment's containers know their users from.</summary>
public enum AccountSource
{
    /// <summary>The node's passwd, group and shadow, mounted read-only: as they were when the container was started last.</summary>
    Files,

    /// <summary>The node's SSSD, by its sockets; the image has its library, libnss_sss.</summary>
    Sssd,

    /// <summary>The node's nscd, by its socket.</summary>
    Nscd,

    /// <summary>The node's nslcd, by its socket; the image has its library, libnss_ldapd.</summary>
    Nslcd,

    /// <summary>The image itself.</summary>
    Image,
}
