namespace PisaHpc.Access.Ssh;

/// <summary>The server configuration of a job, sshd_config(5): one user, one key, one port, run by that user without privileges.</summary>
internal static class ServerConfiguration
{
    /// <summary>The file's text.</summary>
    public static string Text(JobSshRequest request)
    {
        var (job, owner) = (request.Allocation.JobId, request.Allocation.Owner.Name);
        return SshdSettings.Text($"The sshd of job {job} in its container on each node. It runs as {owner}.", Settings(request));
    }

    // StrictModes looks at every directory above the keys, which in a container are the image's (an imported chroot's root may be 0775).
    // What protects the keys is the job's directory: made by root, mode 0700, mounted read-only, and nobody but its user runs in there.
    private static IEnumerable<(string Keyword, string Value)> Settings(JobSshRequest request) =>
    [
        ("Port", SshdSettings.Number(request.Port)),
        ("HostKey", $"{request.Directory}/{JobSshFiles.HostKey}"),
        ("PidFile", "none"),
        ("AuthorizedKeysFile", $"{request.Directory}/{JobSshFiles.AuthorizedKeys}"),
        ("StrictModes", "no"),
        ("AllowUsers", SshdSettings.Pattern(request.Allocation.Owner.Name)),
        ("PermitRootLogin", request.Allocation.Owner.Uid == 0 ? "prohibit-password" : "no"),
        ("AuthenticationMethods", request.HostBased ? "hostbased publickey" : "publickey"),
        ("PubkeyAuthentication", "yes"),
        .. SshdSettings.NoPasswords,
        .. SshdSettings.HostBased(request.HostBased),
        ("MaxStartups", SshdSettings.Number(Math.Max(128, 2 * request.Allocation.Nodes.Count))),
        ("MaxSessions", "128"),
        .. SshdSettings.Patience,
        .. SshdSettings.Sessions,
        ("AllowAgentForwarding", "no"),
        ("AcceptEnv", SessionVariables.RunMark), // by which the processes of an MPI run are found on every node
    ];
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
