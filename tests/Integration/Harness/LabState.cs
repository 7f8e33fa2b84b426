namespace PisaHpc.Integration.Harness;

/// <summary>What <c>lab.sh status --json</c> says.</summary>
/// <param name="Up">Whether it stands.</param>
/// <param name="Site">The site definition's file.</param>
/// <param name="SshKey">The private key that root logs in to nodes with.</param>
/// <param name="KnownHosts">The known_hosts file with the nodes' keys.</param>
/// <param name="SshConfig">An ssh_config for the nodes.</param>
/// <param name="Shared">The directory that nodes share.</param>
/// <param name="PortArea">The port area.</param>
/// <param name="Slurm">Its Slurm; null when it has none.</param>
/// <param name="Nodes">The nodes.</param>
public sealed record LabState(
    bool Up,
    string Site,
    string SshKey,
    string KnownHosts,
    string SshConfig,
    string Shared,
    string PortArea,
    LabSlurm? Slurm,
    IReadOnlyList<LabNode> Nodes);

/// <summary>The lab's Slurm.</summary>
/// <param name="Slurmctld">Its controller's process; null when it does not run.</param>
public sealed record LabSlurm(int? Slurmctld);
