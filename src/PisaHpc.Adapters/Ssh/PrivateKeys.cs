using PisaHpc.Sites;
using Renci.SshNet;

namespace PisaHpc.Adapters.Ssh;

/// <summary>The private keys that are offered to nodes, and why a file could not be one of them.</summary>
internal sealed class PrivateKeys
{
    private static readonly string[] DefaultNames = ["id_ed25519", "id_ecdsa", "id_rsa"];

    private PrivateKeys()
    {
    }

    /// <summary>The keys that can be offered.</summary>
    public List<PrivateKeyFile> Usable { get; } = [];

    /// <summary>What is not offered though it was named or found: each file, and why.</summary>
    public List<string> Remarks { get; } = [];

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
        keys.Account = Tell(offered, keys.Remarks);
        return keys;
    }

    /// <summary>What is not offered on the way to a site's nodes; nothing where another program chooses the keys.</summary>
    public static IReadOnlyList<string> RemarksOn(NodeAccess access) => access.Client == SshClientKind.Builtin ? Read(access).Remarks : [];

    private bool Add(string file)
    {
        try
        {
            var offered = OfferedKey.Read(file);
            Usable.Add(offered.Key);
            Remarks.AddRange(offered.Remark is { } remark ? [remark] : []);
            return true;
        }
        catch (UnusableKeyException exception)
        {
            Remarks.Add($"{file} {exception.Message}");
            return false;
        }
    }

    private static string Tell(List<string> offered, List<string> remarks)
    {
        var tried = offered.Count > 0 ? "keys tried: " + string.Join(", ", offered) : "no key to try";
        if (offered.Count == 0 && remarks.Count == 0)
        {
            tried += $": none of {string.Join(", ", DefaultNames.Select(name => UserFiles.Expand($"~/.ssh/{name}")))} exists";
        }

        return remarks.Count > 0 ? $"{tried}; {string.Join("; ", remarks)}" : tried;
    }
}
