using System.Globalization;

namespace PisaHpc.Posix;

/// <summary>
/// Names the groups of an owner by the machine's name service (getgrgid_r(3)), for a group file in a container. Linux only.
/// </summary>
public static class GroupNames
{
    /// <summary>The name of each group, in the order given; <c>g</c> and its number for one that the name service does not know.</summary>
    /// <param name="gids">The numbers.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.PlatformNotSupported"/> elsewhere than on Linux.</exception>
    public static IReadOnlyList<GroupName> Of(IEnumerable<uint> gids) => OperatingSystem.IsLinux()
        ? [.. gids.Select(gid => new GroupName(gid, Find(gid) ?? string.Create(CultureInfo.InvariantCulture, $"g{gid}")))]
        : throw new HpcException(
            ErrorId.PlatformNotSupported, "Cannot look up groups: their names are those of a Linux host of the cluster.");

    private static unsafe string? Find(uint gid) =>
        NameService.Lookup($"group id {gid}", (byte* buffer, nuint length, out string? found) =>
        {
            var error = NameService.GetGroupByGid(gid, out var entry, buffer, length, out var result);
            found = result == 0 ? null : NameService.Text(entry.Name);
            return error;
        });
}

/// <summary>A group's number and its name.</summary>
/// <param name="Gid">The number.</param>
/// <param name="Name">The name; <c>g</c> and the number where the name service knows none.</param>
public readonly record struct GroupName(uint Gid, string Name);
