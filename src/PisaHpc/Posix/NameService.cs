using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PisaHpc.Posix;

/// <summary>The calls to the machine's name service, in the C library of Linux.</summary>
internal static unsafe partial class NameService
{
    /// <summary>EINTR of errno(3): a signal came; call again.</summary>
    public const int Interrupted = 4;

    /// <summary>ERANGE of errno(3): the buffer is too small.</summary>
    public const int OutOfRange = 34;

    /// <summary>The errors that getpwnam_r(3) lists for "not found", besides 0 with no entry.</summary>
    public static bool MeansNotFound(int error) => error is 0 or 1 /* EPERM */ or 2 /* ENOENT */ or 3 /* ESRCH */ or 9 /* EBADF */;

    /// <summary>geteuid(2).</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    /// <summary>getgrouplist(3).</summary>
    [LibraryImport("libc", EntryPoint = "getgrouplist", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetGroupList(string user, uint group, [Out] uint[] groups, ref int count);

    /// <summary>getpwnam_r(3).</summary>
    [LibraryImport("libc", EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetPasswdByName(string name, out Passwd entry, byte* buffer, nuint length, out nint result);

    /// <summary>getpwuid_r(3).</summary>
    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    public static partial int GetPasswdByUid(uint uid, out Passwd entry, byte* buffer, nuint length, out nint result);

    /// <summary>getgrgid_r(3).</summary>
    [LibraryImport("libc", EntryPoint = "getgrgid_r")]
    public static partial int GetGroupByGid(uint gid, out Group entry, byte* buffer, nuint length, out nint result);

    /// <summary>Text that the C library wrote.</summary>
    public static string Text(byte* text) =>
        text is null ? string.Empty : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    /// <summary>Calls a function that fills an entry and its strings' buffer, with a buffer that grows until it is large enough.</summary>
    /// <returns>What the reader made of the entry; null where there is none.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.UserNotFound"/> when the name service failed.</exception>
    public static T? Lookup<T>(string subject, Fill<T> fill)
        where T : class
    {
        for (var length = 1024; ; length *= 4)
        {
            var buffer = new byte[length];
            int error;
            T? found;
            fixed (byte* start = buffer)
            {
                do
                {
                    error = fill(start, (nuint)length, out found);
                }
                while (error == Interrupted);
            }

            if (error == OutOfRange)
            {
                continue;
            }

            return MeansNotFound(error) ? found : throw new HpcException(
                ErrorId.UserNotFound,
                $"The name service failed for {subject}: {Marshal.GetPInvokeErrorMessage(error)} (error {error}).",
                subject);
        }
    }

    /// <summary>One call; the entry's strings live in the buffer and are copied before it returns.</summary>
    public delegate int Fill<T>(byte* buffer, nuint length, out T? found)
        where T : class;

    /// <summary>struct passwd, which glibc and musl lay out alike.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Passwd
    {
        /// <summary>pw_name.</summary>
        public byte* Name;

        /// <summary>pw_passwd.</summary>
        public byte* Password;

        /// <summary>pw_uid.</summary>
        public uint Uid;

        /// <summary>pw_gid.</summary>
        public uint Gid;

        /// <summary>pw_gecos.</summary>
        public byte* Gecos;

        /// <summary>pw_dir.</summary>
        public byte* Home;

        /// <summary>pw_shell.</summary>
        public byte* Shell;
    }

    /// <summary>struct group.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Group
    {
        /// <summary>gr_name.</summary>
        public byte* Name;

        /// <summary>gr_passwd.</summary>
        public byte* Password;

        /// <summary>gr_gid.</summary>
        public uint Gid;

        /// <summary>gr_mem.</summary>
        public byte** Members;
    }
}

/// <summary>A user as the name service knows it (passwd(5)).</summary>
internal sealed record PasswdEntry(string Name, uint Uid, uint Gid, string Home, string Shell)
{
    /// <summary>The entry of a login name; null when there is none.</summary>
    public static unsafe PasswdEntry? ByName(string name) =>
        NameService.Lookup($"user {Quote.Of(name)}", (byte* buffer, nuint length, out PasswdEntry? found) =>
        {
            var error = NameService.GetPasswdByName(name, out var entry, buffer, length, out var result);
            found = result == 0 ? null : Read(entry);
            return error;
        });

    /// <summary>The entry of a user id; null when there is none.</summary>
    public static unsafe PasswdEntry? ByUid(uint uid) =>
        NameService.Lookup($"user id {uid}", (byte* buffer, nuint length, out PasswdEntry? found) =>
        {
            var error = NameService.GetPasswdByUid(uid, out var entry, buffer, length, out var result);
            found = result == 0 ? null : Read(entry);
            return error;
        });

    private static unsafe PasswdEntry Read(NameService.Passwd entry) =>
        new(NameService.Text(entry.Name), entry.Uid, entry.Gid, NameService.Text(entry.Home), NameService.Text(entry.Shell));
}

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
