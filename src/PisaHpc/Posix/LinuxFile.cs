using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PisaHpc.Posix;

/// <summary>Which file a name stands for: two names of one file have the same identity.</summary>
/// <param name="Device">The file system's number.</param>
/// <param name="Inode">The file's number in it.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>What statx(2) tells of a file.</summary>
/// <param name="Identity">The file.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="IsRegular">Whether it is a plain file.</param>
/// <param name="IsSticky">Whether it is a directory in which only a name's owner, or the directory's, takes the name away.</param>
/// <param name="Uid">Its owner.</param>
/// <param name="Gid">Its group.</param>
/// <param name="ChangedAt">When its inode last changed (ctime): at the latest link, unlink or write.</param>
internal readonly record struct FileStatus(
    FileIdentity Identity, uint Links, bool IsRegular, bool IsSticky, uint Uid, uint Gid, DateTimeOffset ChangedAt);

/// <summary>
/// The few system calls on which a port area rests and which .NET does not offer: link(2), unlink(2), statx(2), flock(2), access(2), and an
/// open(2) that takes no lock of its own and waits for nobody; and fchown(2), for a file that takes another one's place.
/// </summary>
internal static partial class LinuxFile
{
    /// <summary>What to do about an area on a file system that cannot hold one.</summary>
    public const string PlaceRemedy =
        "Put the area on a file system with hard links and flock that all nodes share (NFS, GPFS, Lustre): portArea.path of the site "
        + "definition.";

    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int TryAgain = 11;
    private const int AccessDenied = 13;
    private const int Exists = 17;
    private const int ReadOnlyFileSystem = 30;
    private const int TooManyLinks = 31;
    private const int NotImplemented = 38;
    private const int NotSupported = 95;

    private const int OpenReadOnly = 0;
    private const int OpenReadWrite = 2;
    private const int OpenCloseOnExec = 0x80000;

    /// <summary>A pipe that somebody put in a port's place would hold an open(2) up until another end is opened.</summary>
    private const int OpenNonBlocking = 0x800;

    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;

    /// <summary>AT_EMPTY_PATH: what the descriptor itself is.</summary>
    private const int EmptyName = 0x1000;

    /// <summary>AT_STATX_FORCE_SYNC: over NFS, ask the server and not the attribute cache.</summary>
    private const int AskServer = 0x2000;
    private const uint BasicFields = 0x7ff;

    private const int LockShared = 1;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int Unlocked = 8;

    private const int MayEnter = 1;
    private const int MayWrite = 2;

    private const ushort TypeMask = 0xF000;
    private const ushort RegularType = 0x8000;
    private const ushort StickyBit = 0x200;

    /// <summary>O_NOFOLLOW, whose value is the architecture's own (asm/fcntl.h).</summary>
    private static readonly int OpenNoFollow =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>The account that this process is to the file system.</summary>
    public static uint Uid => EffectiveUid();

    /// <summary>Gives a file one more name, atomically.</summary>
    /// <returns>False when the name exists.</returns>
    public static bool TryLink(string file, string name)
    {
        if (Link(file, name) == 0)
        {
            return true;
        }

        var (error, words) = (Marshal.GetLastPInvokeError(), Marshal.GetLastPInvokeErrorMessage());
        if (HasNoLinks(error, file))
        {
            throw WithoutLinks($"link {name}: {words}", Path.GetDirectoryName(file)!);
        }

        Marshal.SetLastPInvokeError(error);
        return LastErrorIs(Exists, "link", name);
    }

    /// <summary>
    /// link(2) says EPERM on a file system without hard links (vfat, exFAT), and to whoever may neither own nor write the file
    /// (proc_sys_fs(5), protected_hardlinks): so it is the file system where the file is this account's, or this account root. FUSE and 9p
    /// pass on what their server says.
    /// </summary>
    private static bool HasNoLinks(int error, string file) =>
        error is NotSupported or NotImplemented or TooManyLinks
        || (error == NotPermitted && (Uid == 0 || Status(file)?.Uid == Uid));

    private static HpcException WithoutLinks(string what, string area) => new(
        ErrorId.PortAreaUnusable,
        $"The port area {area} cannot be used: its file system{TypeOf(area)} has no hard links, by which ports are held ({what}).",
        area,
        PlaceRemedy);

    /// <summary>The type of a file system, where the platform tells it: no more than a help to the reader.</summary>
    private static string TypeOf(string directory)
    {
        try
        {
            return $", {new DriveInfo(directory).DriveFormat},";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Takes a name away.</summary>
    /// <returns>False when there was no such name.</returns>
    public static bool TryUnlink(string name) => Unlink(name) == 0 || LastErrorIs(NoEntry, "unlink", name);

    /// <summary>Asks the file system, and over NFS the server, what a name stands for.</summary>
    /// <returns>Null when there is no such name.</returns>
    public static FileStatus? Status(string name)
    {
        if (Statx(CurrentDirectory, name, NoFollow | AskServer, BasicFields, out var raw) != 0)
        {
            LastErrorIs(NoEntry, "statx", name);
            return null;
        }

        return StatusOf(raw);
    }

    /// <summary>What an open file is, whatever its name stands for by now.</summary>
    public static FileStatus Status(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var descriptor = (int)file.DangerousGetHandle();
        return Statx(descriptor, "", EmptyName, BasicFields, out var raw) == 0
            ? StatusOf(raw)
            : throw Failure("statx", $"/proc/self/fd/{descriptor}");
    }

    /// <summary>Gives a file the owner and the group of another one.</summary>
    /// <returns>False when this account may not; the last error says why.</returns>
    public static bool TryGive(SafeFileHandle file, FileStatus like)
    {
        var now = Status(file);
        return (now.Uid == like.Uid && now.Gid == like.Gid) || ChangeOwner(file, like.Uid, like.Gid) == 0;
    }

    private static FileStatus StatusOf(RawStatus raw) =>
        new(
            new FileIdentity(((ulong)raw.DeviceMajor << 32) | raw.DeviceMinor, raw.Inode),
            raw.Links,
            (raw.Mode & TypeMask) == RegularType,
            (raw.Mode & StickyBit) != 0,
            raw.Uid,
            raw.Gid,
            DateTimeOffset.FromUnixTimeSeconds(raw.ChangedSeconds).AddTicks(raw.ChangedNanoseconds / 100));

    /// <summary>Opens a file.</summary>
    /// <returns>Null when there is no such name.</returns>
    public static SafeFileHandle? Open(string name, bool writable)
    {
        var handle = Open(name, (writable ? OpenReadWrite : OpenReadOnly) | OpenCloseOnExec | OpenNonBlocking | OpenNoFollow);
        if (handle.IsInvalid)
        {
            LastErrorIs(NoEntry, "open", name);
            return null;
        }

        return handle;
    }

    /// <summary>Whether this process may make names in a directory and take them away.</summary>
    public static bool MayWriteIn(string directory) => Access(directory, MayWrite | MayEnter) == 0;

    /// <summary>
    /// Takes the exclusive lock of an open file. The kernel lets it go when the last descriptor closes, so a killed process holds none;
    /// on NFS it is a lock at the server (flock(2), since Linux 2.6.12).
    /// </summary>
    /// <returns>False when another process has it.</returns>
    public static bool TryLock(SafeFileHandle file, string name) =>
        Flock(file, LockExclusive | LockNonBlocking) == 0 || LastErrorIs(TryAgain, "flock", name);

    /// <summary>Takes a shared lock of an open file: several may have one while nobody has the exclusive one.</summary>
    /// <returns>False when another process has the exclusive lock.</returns>
    public static bool TryShare(SafeFileHandle file, string name) =>
        Flock(file, LockShared | LockNonBlocking) == 0 || LastErrorIs(TryAgain, "flock", name);

    /// <summary>
    /// Lets the lock go. Closing the file would not do: a process that is being started has a copy of every descriptor from its fork(2) to
    /// its exec(2), and the lock belongs to all of them together.
    /// </summary>
    public static void Unlock(SafeFileHandle file) => Flock(file, Unlocked);

    private static bool LastErrorIs(int expected, string call, string name) =>
        Marshal.GetLastPInvokeError() == expected ? false : throw Failure(call, name);

    private static HpcException Failure(string call, string name) =>
        Marshal.GetLastPInvokeError() is NotPermitted or AccessDenied or ReadOnlyFileSystem
            ? NoRight($"{call} {name}: {Marshal.GetLastPInvokeErrorMessage()}", name)
            : new HpcException(
                ErrorId.PortAreaUnusable, $"The port area cannot be used: {call} {name}: {Marshal.GetLastPInvokeErrorMessage()}.", name);

    /// <summary>The failure of a process that runs under the wrong account.</summary>
    /// <param name="what">What it may not do.</param>
    /// <param name="name">The file or the area.</param>
    public static HpcException NoRight(string what, string name) => new(
        ErrorId.PortAreaUnusable,
        $"The port area cannot be used by user id {Uid}: {what}.",
        name,
        "Run it as the account that the area belongs to, as the batch system's hooks do, or give the area to this one: "
            + $"chown -R {Uid} {(Directory.Exists(name) ? name : Path.GetDirectoryName(name))}.");

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string file, string name);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string name, int flags);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string name, int mode);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUid();

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int ChangeOwner(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string name, int flags, uint mask, out RawStatus status);

    /// <summary>struct statx, which is the same on every architecture (statx(2)).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct RawStatus
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(24)]
        public uint Gid;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(96)]
        public long ChangedSeconds;

        [FieldOffset(104)]
        public uint ChangedNanoseconds;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
