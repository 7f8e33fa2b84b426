using System.Globalization;
using System.Text;

namespace PisaHpc.Access.Ssh;

/// <summary>The server configuration of a job, sshd_config(5): one user, one key, one port, run by that user without privileges.</summary>
internal static class ServerConfiguration
{
    /// <summary>The file's text.</summary>
    public static string Text(JobSshRequest request)
    {
        var (job, owner) = (request.Allocation.JobId, request.Allocation.Owner.Name);
        var text = new StringBuilder($"# The sshd of job {job} in its container on each node. It runs as {owner}.\n");
        foreach (var (keyword, value) in Settings(request))
        {
            text.Append(keyword).Append(' ').Append(value).Append('\n');
        }

        return text.ToString();
    }

    // StrictModes looks at every directory above the keys, which in a container are the image's (an imported chroot's root may be 0775).
    // What protects the keys is the job's directory: made by root, mode 0700, mounted read-only, and nobody but its user runs in there.
    private static IEnumerable<(string Keyword, string Value)> Settings(JobSshRequest request) =>
    [
        ("Port", Number(request.Port)),
        ("HostKey", $"{request.Directory}/{JobSshFiles.HostKey}"),
        ("PidFile", "none"),
        ("AuthorizedKeysFile", $"{request.Directory}/{JobSshFiles.AuthorizedKeys}"),
        ("StrictModes", "no"),
        ("AllowUsers", UserPattern(request.Allocation.Owner.Name)),
        ("PermitRootLogin", request.Allocation.Owner.Uid == 0 ? "prohibit-password" : "no"),
        ("AuthenticationMethods", request.HostBased ? "hostbased publickey" : "publickey"),
        ("PubkeyAuthentication", "yes"),
        ("PasswordAuthentication", "no"),
        ("KbdInteractiveAuthentication", "no"),
        ("UsePAM", "no"),
        .. HostBased(request.HostBased),
        ("MaxStartups", Number(Math.Max(128, 2 * request.Allocation.Nodes.Count))),
        ("MaxSessions", "128"),
        ("LoginGraceTime", "60"),
        ("ClientAliveInterval", "15"),
        ("ClientAliveCountMax", "4"),
        ("UseDNS", "no"),
        ("X11Forwarding", "no"),
        ("AllowAgentForwarding", "no"),
        ("PermitUserEnvironment", "no"),
        ("PermitUserRC", "no"),
        ("AcceptEnv", SessionVariables.RunMark), // by which the processes of an MPI run are found on every node
        ("PrintMotd", "no"),
        ("LogLevel", "INFO"),
    ];

    private static (string Keyword, string Value)[] HostBased(bool wanted) => wanted
        ?
        [
            ("HostbasedAuthentication", "yes"), ("HostbasedUsesNameFromPacketOnly", "yes"),
            ("IgnoreRhosts", "yes"), ("IgnoreUserKnownHosts", "yes"),
        ]
        : [("HostbasedAuthentication", "no")];

    // AllowUsers takes patterns of the form USER@HOST: a login name that holds such characters itself (DOMAIN\user, user@realm) matches
    // with a wildcard in their place.
    private static string UserPattern(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '$' ? c : '?'));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
