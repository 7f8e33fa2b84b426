using System.Globalization;

namespace PisaHpc.Allocations;

/// <summary>
/// Resolves users by the machine's name service (getpwnam_r(3), getpwuid_r(3), getgrouplist(3)), so that local, LDAP and SSSD users
/// are found alike, with every group they are in. Linux only.
/// </summary>
public static class JobOwners
{
    /// <summary>The user of a login name.</summary>
    /// <param name="name">The login name.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.UserNotFound"/> with the name as target; <see cref="ErrorId.PlatformNotSupported"/> elsewhere than on Linux.
    /// </exception>
    public static JobOwner ByName(string name) =>
        TryByName(name) ?? throw new HpcException(ErrorId.UserNotFound, $"User '{name}' is not known to this machine's name service.", name);

    /// <summary>The user of a number.</summary>
    /// <param name="uid">The user id.</param>
    /// <exception cref="HpcException">As for <see cref="ByName"/>.</exception>
    public static JobOwner ByUid(uint uid) =>
        TryByUid(uid) ?? throw new HpcException(ErrorId.UserNotFound, $"User id {uid} is not known to this machine's name service.", uid);

    /// <summary>The user of a login name, or of a number where no user has it as a name, as chown(1) takes it.</summary>
    /// <param name="nameOrUid">The login name or the user id.</param>
    /// <exception cref="HpcException">As for <see cref="ByName"/>.</exception>
    public static JobOwner Find(string nameOrUid) =>
        TryByName(nameOrUid)
        ?? (uint.TryParse(nameOrUid, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? ByUid(uid) : ByName(nameOrUid));

    /// <summary>The user that this process runs as (its effective user id).</summary>
    /// <exception cref="HpcException">As for <see cref="ByName"/>.</exception>
    public static JobOwner Current() => ByUid(OnLinux("the current user", NameService.GetEffectiveUserId));

    private static JobOwner? TryByName(string name) => string.IsNullOrEmpty(name) || name.Contains('\0', StringComparison.Ordinal)
        ? throw new HpcException(ErrorId.InvalidValue, "A user's name cannot be empty or hold a NUL.", name)
        : OnLinux($"user '{name}'", () => PasswdEntry.ByName(name) is { } entry ? OwnerOf(entry) : null);

    private static JobOwner? TryByUid(uint uid) =>
        OnLinux($"user id {uid}", () => PasswdEntry.ByUid(uid) is { } entry ? OwnerOf(entry) : null);

    private static JobOwner OwnerOf(PasswdEntry entry) => new()
    {
        Name = entry.Name,
        Uid = entry.Uid,
        Gid = entry.Gid,
        Groups = [entry.Gid, .. GroupsOf(entry, expected: 64).Where(gid => gid != entry.Gid).Distinct().Order()],
        Home = entry.Home.Length > 0 ? entry.Home : "/",
        // passwd(5): an empty field is /bin/sh.
        Shell = entry.Shell.Length > 0 ? entry.Shell : "/bin/sh",
    };

    /// <summary>Every group of a user, in a buffer that grows until they fit.</summary>
    internal static uint[] GroupsOf(PasswdEntry entry, int expected)
    {
        var groups = new uint[expected];
        while (true)
        {
            var count = groups.Length;
            if (NameService.GetGroupList(entry.Name, entry.Gid, groups, ref count) >= 0)
            {
                return groups[..count];
            }

            // glibc writes how many there are; musl and old name service modules need not.
            groups = new uint[Math.Max(count, (groups.Length * 2) + 1)];
        }
    }

    private static T OnLinux<T>(string subject, Func<T> ask) => OperatingSystem.IsLinux() ? ask() : throw new HpcException(
        ErrorId.PlatformNotSupported,
        $"Cannot look up {subject}: users and their groups are those of a Linux host of the cluster.",
        subject);
}
