namespace PisaHpc.Access.Ssh;

/// <summary>
/// What host-based authentication needs beside the key's files. OpenSSH reads these from paths compiled into it, so the container sees
/// them mounted there (<see cref="JobSshMounts"/>). It also needs a setuid-root <c>ssh-keysign</c> in the image, a container that
/// may gain privileges (no <c>no-new-privileges</c>, capabilities SETUID, SETGID and DAC_READ_SEARCH kept), and names that resolve
/// both ways on the nodes. Where one of these is missing ssh falls back to the job's key, which is always there.
/// </summary>
public static class HostBasedFiles
{
    /// <summary>The hosts that are trusted, as <c>/etc/ssh/shosts.equiv</c> lists them.</summary>
    public const string Trusted = "shosts.equiv";

    /// <summary>The known hosts by plain name, as <c>/etc/ssh/ssh_known_hosts</c> lists them: sshd looks them up without a port.</summary>
    public const string SystemKnownHosts = "ssh_known_hosts";

    /// <summary>Makes the files.</summary>
    public static IReadOnlyList<JobFile> For(JobSshRequest request) =>
    [
        new(Trusted, JobFile.Readable, string.Concat(request.Names.Select(name => name + "\n"))),
        new(SystemKnownHosts, JobFile.Readable, JobKnownHosts.PlainText(request)),
    ];
}
