using PisaHpc.Sites;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace PisaHpc.Ssh;

/// <summary>The private keys that are offered to nodes, and why a file could not be one of them.</summary>
internal sealed class PrivateKeys
{
    private static readonly string[] DefaultNames = ["id_ed25519", "id_ecdsa", "id_rsa"];
    private readonly List<string> _refused = [];

    private PrivateKeys()
    {
    }

    /// <summary>The keys that can be offered.</summary>
    public List<PrivateKeyFile> Usable { get; } = [];

    /// <summary>Which files were tried, and what was wrong with those that could not be offered.</summary>
    public string Account { get; private set; } = "";

    /// <summary>Reads the keys that a site names, or else those that ssh(1) looks for.</summary>
    public static PrivateKeys Read(NodeAccess access)
    {
        var keys = new PrivateKeys();
        var files = access.Keys.Count > 0
            ? access.Keys.Select(UserFiles.Expand).ToList()
            : DefaultNames.Select(name => UserFiles.Expand($"~/.ssh/{name}")).Where(File.Exists).ToList();
        var offered = files.Where(keys.Add).ToList();
        keys.Account = Tell(offered, keys._refused);
        return keys;
    }

    private bool Add(string file)
    {
        try
        {
            var certificate = file + "-cert.pub";
            Usable.Add(File.Exists(certificate) ? new PrivateKeyFile(file, null, certificate) : new PrivateKeyFile(file));
            return true;
        }
        catch (SshPassPhraseNullOrEmptyException)
        {
            _refused.Add($"{file} is encrypted ('client: openssh' asks an agent for it)");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _refused.Add($"{file} cannot be read: {exception.Message}");
        }
        catch (Exception exception) when (exception is SshException or NotSupportedException or FormatException or ArgumentException)
        {
            _refused.Add($"{file} is not a private key: {exception.Message}");
        }

        return false;
    }

    private static string Tell(List<string> offered, List<string> refused)
    {
        var tried = offered.Count > 0 ? "keys tried: " + string.Join(", ", offered) : "no key to try";
        if (offered.Count == 0 && refused.Count == 0)
        {
            tried += $": none of {string.Join(", ", DefaultNames.Select(name => UserFiles.Expand($"~/.ssh/{name}")))} exists";
        }

        return refused.Count > 0 ? $"{tried}; {string.Join("; ", refused)}" : tried;
    }
}
