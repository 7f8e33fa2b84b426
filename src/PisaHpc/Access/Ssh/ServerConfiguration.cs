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

/// <summary>The variables of ssh sessions, as sshd's <c>SetEnv</c> takes them (sshd_config(5), OpenSSH 7.8).</summary>
public static class SessionVariables
{
    /// <summary>The variable that marks every process of an MPI run, on every node: each login hands it on.</summary>
    public const string RunMark = "PISAHPC_RUN";

    /// <summary>
    /// The value of SetEnv: all variables in one, since sshd heeds the first SetEnv only. A login does not inherit the container's
    /// environment, so that ranks would lose LD_LIBRARY_PATH or CUDA_VISIBLE_DEVICES (skypilot#10407).
    /// </summary>
    /// <param name="variables">The variables; at least one.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a name that is none, or a value with a line feed, a double quote or a backslash, which SetEnv
    /// cannot carry in every OpenSSH.
    /// </exception>
    public static string Value(IReadOnlyDictionary<string, string> variables) =>
        string.Join(' ', variables.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(Assignment));

    private static string Assignment(KeyValuePair<string, string> variable)
    {
        var isName = variable.Key.Length > 0 && variable.Key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        if (!isName || variable.Value.AsSpan().IndexOfAny("\n\r\0\"\\") >= 0)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"The variable {variable.Key} cannot be given to ssh sessions: its name or value holds a character that sshd's SetEnv "
                + "cannot carry.",
                variable.Key,
                "Leave it out of the environment's variables, or set it in the program's own script.");
        }

        return $"\"{variable.Key}={variable.Value}\"";
    }
}
