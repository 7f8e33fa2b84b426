using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.Posix;

namespace PisaHpc.Batch;

/// <summary>
/// Resolves users by the machine's name service (getpwnam_r(3), getpwuid_r(3), getgrouplist(3)), so that local, LDAP and SSSD users
/// are found alike, with every group they are in. Linux only.
/// </summary>
public static partial class JobOwners
{
    /// <summary>The user of a login name.</summary>
    /// <param name="name">The login name.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.UserNotFound"/> with the name as target; <see cref="ErrorId.PlatformNotSupported"/> elsewhere than on Linux.
    /// </exception>
    public static JobOwner ByName(string name) =>
        TryByName(name) ?? throw new HpcException(
            ErrorId.UserNotFound, $"User {Quote.Of(name)} is not known to this machine's name service.", name);

    /// <summary>The user of a number.</summary>
    /// <param name="uid">The user id.</param>
    /// <exception cref="HpcException">As for <see cref="ByName"/>.</exception>
    public static JobOwner ByUid(uint uid) =>
        TryByUid(uid) ?? throw new HpcException(ErrorId.UserNotFound, $"User id {uid} is not known to this machine's name service.", uid);

    /// <summary>
    /// The user that text names: a login name; a user id, where no user has it as a name (as chown(1) takes it); or all that there is to
    /// say, <c>name:uid:gid,gid,…</c> with the primary group first, which asks no name service and works on any machine.
    /// </summary>
    /// <param name="text">The text, for example <c>hpcuser</c>, <c>4001</c> or <c>hpcuser:4001:4001,5001,5002</c>.</param>
    /// <exception cref="HpcException">As for <see cref="ByName"/>; <see cref="ErrorId.InvalidValue"/> for other text.</exception>
    public static JobOwner Find(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return InFull(text);
        }

        return TryByName(text) ?? (TryNumber(text) is { } uid ? ByUid(uid) : ByName(text));
    }

    /// <summary>The user that this process runs as (its effective user id).</summary>
    /// <exception cref="HpcException">As for <see cref="ByName"/>.</exception>
    public static JobOwner Current() => ByUid(OnLinux("the current user", NameService.GetEffectiveUserId));

    private static JobOwner InFull(string text)
    {
        var fields = text.Split(':');
        var groups = fields.Length == 3 ? fields[2].Split(',').Select(TryNumber).ToList() : [];
        if (groups.Count == 0 || groups.Contains(null) || TryNumber(fields[1]) is not { } uid || !LoginName().IsMatch(fields[0]))
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"Owner {Quote.Of(text)} is not of the form name:uid:gid,gid,… with numbers up to {JobOwner.GreatestContainerId}, "
                + "such as hpcuser:4001:4001,5001.",
                text);
        }

        var primary = groups[0]!.Value;
        var owner = new JobOwner { Name = fields[0], Uid = uid, Gid = primary, Groups = Ordered(primary, groups.OfType<uint>()) };
        return owner.IdBeyondContainers is not { } id ? owner : throw new HpcException(
            ErrorId.InvalidValue,
            $"Owner {Quote.Of(text)} has {id}: container engines take ids up to {JobOwner.GreatestContainerId}.",
            text,
            "Give the owner another id, or leave the group out.");
    }

    private static uint? TryNumber(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Groups as <see cref="JobOwner.Groups"/> has them: the primary one, then the others ascending.</summary>
    internal static IReadOnlyList<uint> Ordered(uint primary, IEnumerable<uint> groups) =>
        [primary, .. groups.Where(gid => gid != primary).Distinct().Order()];

    private static JobOwner? TryByName(string name) => string.IsNullOrEmpty(name) || name.Contains('\0', StringComparison.Ordinal)
        ? throw new HpcException(ErrorId.InvalidValue, "A user's name cannot be empty or hold a NUL.", name)
        : OnLinux($"user {Quote.Of(name)}", () => PasswdEntry.ByName(name) is { } entry ? OwnerOf(entry) : null);

    private static JobOwner? TryByUid(uint uid) =>
        OnLinux($"user id {uid}", () => PasswdEntry.ByUid(uid) is { } entry ? OwnerOf(entry) : null);

    private static JobOwner OwnerOf(PasswdEntry entry) => new()
    {
        Name = entry.Name,
        Uid = entry.Uid,
        Gid = entry.Gid,
        Groups = Ordered(entry.Gid, GroupsOf(entry, expected: 64)),
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
        subject,
        "Say all of it: -Owner name:uid:gid,gid such as hpcuser:4001:4001,5001; or run it on a Linux host of the cluster.");

    /// <summary>What a passwd and a group file can hold as a name without breaking the line it stands in.</summary>
    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.@\\-]*\$?\z", RegexOptions.CultureInvariant)]
    private static partial Regex LoginName();
}

/// <summary>The user a job belongs to, resolved once per job by the machine's name service.</summary>
public sealed record JobOwner
{
    /// <summary>The login name.</summary>
    public required string Name { get; init; }

    /// <summary>The numeric user id.</summary>
    public required uint Uid { get; init; }

    /// <summary>The numeric id of the primary group.</summary>
    public required uint Gid { get; init; }

    /// <summary>
    /// Every group of the user by number, primary first, supplementary ascending: none may be lost on the way into a container.
    /// </summary>
    public required IReadOnlyList<uint> Groups { get => Readable.Words(field); init; }

    /// <summary>The home directory.</summary>
    public string Home { get; init; } = "/";

    /// <summary>The login shell.</summary>
    public string Shell { get; init; } = "/bin/sh";

    /// <summary>
    /// The greatest id of a user or group that a container can have: engines take no more (<c>maxID</c> of moby's sys/user, of which Docker
    /// and Podman are made), though the kernel and the name service do.
    /// </summary>
    internal const uint GreatestContainerId = int.MaxValue;

    /// <summary>The first id that no container can have, in words such as <c>group id 3221226001</c>; null when there is none.</summary>
    internal string? IdBeyondContainers => Uid > GreatestContainerId ? $"user id {Uid}"
        : Groups.Prepend(Gid).Where(gid => gid > GreatestContainerId).Select(gid => $"group id {gid}").FirstOrDefault();

    /// <summary>The login name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}
