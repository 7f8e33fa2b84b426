using PisaHpc.Engines;

namespace PisaHpc.Audit.Checks;

/// <summary>
/// Whether others than the cluster's nodes reach its ports, where nothing before the node keeps them off: ports that its node publishes on
/// all of its addresses, and what it listens on itself in its node's network. MPI needs that network, and sshd listens on all addresses.
/// </summary>
internal sealed class OpenPortsCheck : IContainerCheck
{
    private const string Firewall = "Let the cluster's own networks alone reach it: a firewall before the nodes or on them";

    public string Name => "OpenPorts";

    public string About => "a port is published on every address of the node";

    public string Benchmark => "5.9, 5.13";

    public AuditFinding? Examine(AuditedContainer container)
    {
        if (container.Specification.Network == NetworkMode.Host)
        {
            return AuditFinding.Notice(
                container.SshPort.Length > 0
                    ? $"it has the node's network, and its sshd listens on {container.SshPort} of every address of the node"
                    : "it has the node's network: what it listens on is open on every address of the node",
                Firewall + ".");
        }

        var open = container.Published.Where(port => port.IsOnAllAddresses)
            .Select(port => $"{port.Port}/{port.Protocol}").Distinct().ToList();
        var words = open.Count > 0 ? string.Join(", ", open) : container.IsDescription ? container.SshPort : "";
        return words.Length > 0
            ? AuditFinding.Warning(
                $"published on every address of the node: {words}",
                Firewall + ", or the engine's own option 'ip', the address on which it publishes.")
            : null;
    }
}
