using System.Text;

namespace PisaHpc.Access.Ssh;

/// <summary>The known_hosts of a job: its one host key under every name of every node.</summary>
internal static class JobKnownHosts
{
    // OpenSSH before 7.9 (still in images of CentOS 7) skips lines longer than its buffer of 8 or 16 KiB.
    private const int LineLimit = 4000;

    /// <summary>The file's text: names share a line, since they share the key, and a line stays short enough for every OpenSSH.</summary>
    public static string Text(JobSshRequest request) =>
        Lines(request.Names.Select(name => Entry(name, request.Port)), request.Keys.Host.PublicKey);

    /// <summary>The same with plain names: sshd looks a host up without a port when it checks host-based authentication.</summary>
    public static string PlainText(JobSshRequest request) =>
        Lines(request.Names, request.Keys.Host.PublicKey);

    private static string Entry(string name, int port) => port == 22 ? name : $"[{name}]:{port}";

    private static string Lines(IEnumerable<string> names, string hostKey)
    {
        var text = new StringBuilder();
        foreach (var line in LineFolding.Fold(names, ',', LineLimit))
        {
            text.Append(line).Append(' ').Append(hostKey).Append('\n');
        }

        return text.ToString();
    }
}
