using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using PisaHpc.Batch;
using PisaHpc.Posix;

namespace PisaHpc.Access.Ssh;

/// <summary>
/// The passwd and group files of a container: the image does not know the job's user, and a container that asked the site's name service
/// from every rank would bring it down (singularity#4767). The user is resolved once, where the allocation was made.
/// </summary>
internal static class ContainerAccounts
{
    private const uint NobodyId = 65534;

    // sshd before OpenSSH 7.5 insists that this user exists, even when it runs unprivileged.
    private const uint SshdId = 74;

    /// <summary>passwd(5): root, the owner, sshd's and nobody.</summary>
    public static string Passwd(JobOwner owner, string shell)
    {
        var text = new StringBuilder();
        PasswdEntry[] entries =
        [
            new(owner.Name, owner.Uid, owner.Gid, owner.Home, shell),
            new("root", 0, 0, "/root", "/bin/sh"),
            new("sshd", SshdId, NobodyId, "/", "/usr/sbin/nologin"),
            new("nobody", NobodyId, NobodyId, "/", "/usr/sbin/nologin"),
        ];
        foreach (var entry in entries.DistinctBy(entry => entry.Uid).DistinctBy(entry => entry.Name).OrderBy(entry => entry.Uid))
        {
            text.Append(CultureInfo.InvariantCulture, $"{entry.Name}:x:{entry.Uid}:{entry.Gid}::{entry.Home}:{entry.Shell}\n");
        }

        return text.ToString();
    }

    /// <summary>group(5): the owner's groups by name where one is known, root's and nobody's.</summary>
    public static string Group(JobOwner owner, IReadOnlyList<GroupName> names)
    {
        var text = new StringBuilder();
        var known = new Dictionary<uint, string> { [0] = "root", [NobodyId] = "nogroup" };
        foreach (var gid in owner.Groups.Append(owner.Gid).Concat(known.Keys).Distinct().Order())
        {
            var given = names.FirstOrDefault(group => group.Gid == gid).Name;
            var name = IsName(given) ? given : known.GetValueOrDefault(gid, $"g{gid}");
            var member = owner.Groups.Contains(gid) && gid != owner.Gid ? owner.Name : "";
            text.Append(CultureInfo.InvariantCulture, $"{name}:x:{gid}:{member}\n");
        }

        return text.ToString();
    }

    private static bool IsName([NotNullWhen(true)] string? name) =>
        !string.IsNullOrEmpty(name) && !name.Any(c => c is ':' or ',' || char.IsControl(c));
}
