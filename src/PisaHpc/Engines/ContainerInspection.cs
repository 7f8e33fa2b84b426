namespace PisaHpc.Engines;

/// <summary>All that an engine says of one container, read in one request.</summary>
/// <param name="Container">What it is.</param>
/// <param name="Specification">What it was made of, as <see cref="IContainerEngine.SpecificationAsync"/> reads it.</param>
public sealed record ContainerInspection(EngineContainer Container, ContainerSpec Specification)
{
    /// <summary>Its first process, as its node counts processes; null when it does not run.</summary>
    public int? ProcessId { get; init; }

    /// <summary>
    /// Namespaces of the node that it has in place of its own: pid, ipc, uts, user (namespaces(7)). That of control groups, which every
    /// container has where those are of version 1, is not among them.
    /// </summary>
    public IReadOnlyList<string> HostNamespaces { get; init; } = [];

    /// <summary>Ports of the node that lead into it, those included for which a specification has no words.</summary>
    public IReadOnlyList<PublishedPort> Published { get; init; } = [];

    /// <summary>The node's paths that are mounted in it, by whatever they came; a specification has those asked for.</summary>
    public IReadOnlyList<ContainerMount> Mounted { get; init; } = [];

    /// <summary>The rules by which it may use devices that it makes itself (docker-run(1), --device-cgroup-rule).</summary>
    public IReadOnlyList<string> DeviceRules { get; init; } = [];

    /// <summary>Whether the kernel's own files in /proc and /sys are not hidden from it (--security-opt systempaths=unconfined).</summary>
    public bool HasOpenSystemPaths { get; init; }

    /// <summary>Options beyond the specification; a container that <see cref="IContainerEngine.CreateAsync"/> made has none.</summary>
    public IReadOnlyList<FurtherOption> Further { get; init; } = [];

    /// <summary>
    /// How often its engine started it again by its restart policy, since somebody started it or the engine itself came back.
    /// </summary>
    public long Restarts { get; init; }
}

/// <summary>An option for which a specification has no words, or no words for its value.</summary>
/// <param name="Name">Its name on an engine's command line, as in cpu-quota; that of a specification's part where it is one.</param>
/// <param name="Value">The value.</param>
public sealed record FurtherOption(string Name, string Value);

/// <summary>A port of a node that leads into a container.</summary>
/// <param name="Address">The address on which the node listens; empty for all of them.</param>
/// <param name="Port">The node's port.</param>
/// <param name="Protocol">tcp, udp or sctp.</param>
public sealed record PublishedPort(string Address, int Port, string Protocol)
{
    /// <summary>Whether the node listens on each of its addresses.</summary>
    public bool IsOnAllAddresses => Address is "" or "0.0.0.0" or "::";

    /// <summary>It as <c>docker port</c> writes it.</summary>
    public override string ToString() => $"{(Address.Length > 0 ? Address : "0.0.0.0")}:{Port}/{Protocol}";
}
