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
