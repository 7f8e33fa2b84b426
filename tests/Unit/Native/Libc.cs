using System.Runtime.InteropServices;

namespace PisaHpc.Unit.Native;

/// <summary>What the tests need of the C library.</summary>
internal static partial class Libc
{
    public const int SigHup = 1;
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigKill = 9;
    public const int SigUsr1 = 10;
    public const int SigUsr2 = 12;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;
    public const int SigTstp = 20;

    private const nuint SetPtLock = 0x40045431;
    private const nuint GetPtNumber = 0x80045430;
    private const nuint SetWindowSize = 0x5414;

    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial int Kill(int process, int signal);

    /// <summary>Unlocks the terminal of a master of /dev/ptmx and gives its path.</summary>
    public static unsafe string Unlock(SafeHandle master)
    {
        int locked = 0, number = 0;
        Assert.Equal(0, Control(master, SetPtLock, &locked));
        Assert.Equal(0, Control(master, GetPtNumber, &number));
        return $"/dev/pts/{number}";
    }

    public static unsafe void Resize(SafeHandle master, ushort rows, ushort columns)
    {
        var size = stackalloc ushort[] { rows, columns, 0, 0 };
        Assert.Equal(0, Control(master, SetWindowSize, size));
    }

    /// <summary>Sends a packet with descriptors over a socket; whether it went.</summary>
    public static unsafe bool Send(SafeHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        var control = stackalloc byte[16 + (8 * 64)];
        *(nuint*)control = (nuint)(16 + (4 * descriptors.Length));
        ((int*)control)[2] = 1; // SOL_SOCKET
        ((int*)control)[3] = 1; // SCM_RIGHTS
        descriptors.CopyTo(new Span<int>(control + 16, 64));
        fixed (byte* data = bytes)
        {
            var part = new Part { Base = data, Length = (nuint)bytes.Length };
            var header = new Header { Parts = &part, PartCount = 1 };
            if (!descriptors.IsEmpty)
            {
                header.Control = control;
                header.ControlLength = (nuint)(16 + ((((4 * descriptors.Length) + 7) / 8) * 8));
            }

            const int noSignal = 0x4000, doNotWait = 0x40;
            return SendMessage(socket, &header, noSignal | doNotWait) >= 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Control(SafeHandle file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static unsafe partial nint SendMessage(SafeHandle socket, Header* header, int flags);

    private unsafe struct Part
    {
        public void* Base;
        public nuint Length;
    }

    // struct msghdr of 64-bit Linux.
    private unsafe struct Header
    {
        public void* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
