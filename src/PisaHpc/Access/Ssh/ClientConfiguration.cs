using System.Text;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// The client configuration of a job, ssh_config(5): its nodes on its port, with its key, checked against its known_hosts.
/// </summary>
internal static class ClientConfiguration
{
    // readconf.c read lines of at most 1023 characters until OpenSSH 7.6.
    private const int LineLimit = 900;

    /// <summary>The file's text.</summary>
    public static string Text(JobSshRequest request)
    {
        var text = new StringBuilder();
        text.Append($"# How the processes of job {request.Allocation.JobId} reach each other: ");
        text.Append($"ssh -F {request.Directory}/{JobSshFiles.ClientConfig} {request.Allocation.Nodes[0].Name}\n");
        if (request.HostBased)
        {
            // ssh-keysign reads this without a host in mind: it must stand before the first Host.
            text.Append("EnableSSHKeysign yes\n");
        }

        foreach (var hosts in LineFolding.Fold(request.Names, ' ', LineLimit))
        {
            text.Append("Host ").Append(hosts).Append('\n');
            foreach (var (keyword, value) in Settings(request))
            {
                text.Append("    ").Append(keyword).Append(' ').Append(value).Append('\n');
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string Keyword, string Value)> Settings(JobSshRequest request) =>
    [
        ("Port", request.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ("User", request.Allocation.Owner.Name),
        ("IdentityFile", $"{request.Directory}/{JobSshFiles.UserKey}"),
        ("IdentitiesOnly", "yes"),
        ("PreferredAuthentications", request.HostBased ? "hostbased,publickey" : "publickey"),
        ("HostbasedAuthentication", request.HostBased ? "yes" : "no"),
        ("UserKnownHostsFile", $"{request.Directory}/{JobSshFiles.KnownHosts}"),
        ("GlobalKnownHostsFile", "/dev/null"),
        ("StrictHostKeyChecking", "yes"),
        ("HostKeyAlgorithms", "ssh-ed25519"),
        ("UpdateHostKeys", "no"),
        ("HashKnownHosts", "no"),
        ("CheckHostIP", "no"),
        ("BatchMode", "yes"),
        ("ForwardAgent", "no"),
        ("ForwardX11", "no"),
        ("SendEnv", SessionVariables.RunMark),
        ("ConnectTimeout", "10"),
        ("ConnectionAttempts", "3"),
        ("ServerAliveInterval", "15"),
        ("ServerAliveCountMax", "4"),
        ("LogLevel", "ERROR"),
    ];
}
