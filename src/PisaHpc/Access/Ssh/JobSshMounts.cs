using PisaHpc.Engines;

namespace PisaHpc.Access.Ssh;

/// <summary>Where a container sees a job's files.</summary>
public static class JobSshMounts
{
    /// <summary>
    /// The mounts, all read-only: the directory under its own path, the accounts over <c>/etc/passwd</c> and <c>/etc/group</c>, the client
    /// configuration over <c>/etc/ssh/ssh_config</c> so that a plain <c>ssh NODE</c> inside finds the job too.
    /// </summary>
    /// <param name="access">The job's access.</param>
    public static IReadOnlyList<ContainerMount> For(SshAccess access) =>
    [
        new(access.Directory, access.Directory, ReadOnly: true),
        Mount(access, JobSshFiles.Passwd, "/etc/passwd"),
        Mount(access, JobSshFiles.Group, "/etc/group"),
        Mount(access, JobSshFiles.ClientConfig, "/etc/ssh/ssh_config"),
        .. access.HostBased ? HostBased(access) : [],
    ];

    private static IEnumerable<ContainerMount> HostBased(SshAccess access) =>
    [
        Mount(access, HostBasedFiles.Trusted, "/etc/ssh/shosts.equiv"),
        Mount(access, HostBasedFiles.SystemKnownHosts, "/etc/ssh/ssh_known_hosts"),
        Mount(access, JobSshFiles.HostKey, "/etc/ssh/ssh_host_ed25519_key"),
        Mount(access, JobSshFiles.HostKey + ".pub", "/etc/ssh/ssh_host_ed25519_key.pub"),
    ];

    private static ContainerMount Mount(SshAccess access, string file, string target) =>
        new($"{access.Directory}/{file}", target, ReadOnly: true);
}
