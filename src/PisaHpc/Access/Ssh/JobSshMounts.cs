using PisaHpc.Engines;

namespace PisaHpc.Access.Ssh;

/// <summary>Where a container sees a job's files.</summary>
public static class JobSshMounts
{
    /// <summary>
    /// The mounts, all read-only: the directory under its own path, the accounts over <c>/etc/passwd</c> and <c>/etc/group</c>, the client
    /// configuration over <c>/etc/ssh/ssh_config</c> so that a plain <c>ssh NODE</c> inside finds the job too.
    /// </summary>
    /// <param name="config">The job's configuration.</param>
    public static IReadOnlyList<ContainerMount> For(JobSshConfig config) =>
    [
        new(config.Directory, config.Directory, ReadOnly: true),
        Mount(config, JobSshFiles.Passwd, "/etc/passwd"),
        Mount(config, JobSshFiles.Group, "/etc/group"),
        Mount(config, JobSshFiles.ClientConfig, "/etc/ssh/ssh_config"),
        .. config.HostBased ? HostBased(config) : [],
    ];

    private static IEnumerable<ContainerMount> HostBased(JobSshConfig config) =>
    [
        Mount(config, HostBasedFiles.Trusted, "/etc/ssh/shosts.equiv"),
        Mount(config, HostBasedFiles.SystemKnownHosts, "/etc/ssh/ssh_known_hosts"),
        Mount(config, JobSshFiles.HostKey, "/etc/ssh/ssh_host_ed25519_key"),
        Mount(config, JobSshFiles.HostKey + ".pub", "/etc/ssh/ssh_host_ed25519_key.pub"),
    ];

    private static ContainerMount Mount(JobSshConfig config, string file, string target) =>
        new($"{config.Directory}/{file}", target, ReadOnly: true);
}
