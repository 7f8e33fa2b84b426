using System.Globalization;
using PisaHpc.Sites;

namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// The options for the OpenSSH client (ssh(1), ssh_config(5)). What a site leaves out is left to ssh_config: user, port, keys, agent,
/// GSSAPI, ProxyJump. What is set here never asks, never trusts an unknown host, and says why it fails.
/// </summary>
internal static class OpenSshOptions
{
    /// <summary>The options before the node's name.</summary>
    public static List<string> Of(NodeAccess access)
    {
        List<string> options =
        [
            "-T",
            "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=yes",
            "-o", "LogLevel=ERROR",
            "-o", "ServerAliveInterval=15",
            "-o", "ServerAliveCountMax=3",
            "-o", $"ConnectTimeout={Math.Max(1, (int)access.ConnectTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture)}",
        ];
        if (access.Config is { } config)
        {
            options.AddRange(["-F", UserFiles.Expand(config)]);
        }

        if (access.User is { } user)
        {
            options.AddRange(["-l", user]);
        }

        if (access.Port != 22)
        {
            options.AddRange(["-p", access.Port.ToString(CultureInfo.InvariantCulture)]);
        }

        options.AddRange(access.Keys.SelectMany(key => (string[])["-i", UserFiles.Expand(key)]));
        if (access.KnownHosts.Count > 0)
        {
            var files = string.Join(' ', access.KnownHosts.Select(file => $"\"{UserFiles.Expand(file)}\""));
            options.AddRange(["-o", $"UserKnownHostsFile={files}", "-o", "GlobalKnownHostsFile=/dev/null"]);
        }

        return options;
    }
}
