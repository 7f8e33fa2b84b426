using System.Runtime.InteropServices;

namespace PisaHpc.Unit.Ports;

/// <summary>
/// A thread to which link(2) and linkat(2) fail as on a file system without hard links, with all that it starts: a filter of its system
/// calls (seccomp(2)), which goes with the thread. It stands in for vfat, which not every kernel has.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal static partial class WithoutHardLinks
{
    public const int NotPermitted = 1;
    public const int NotSupported = 95;

    private const int SetNoNewPrivileges = 38;
    private const int SetSeccomp = 22;
    private const nuint FilterMode = 2;
    private const ushort Load = 0x20, JumpIfEqual = 0x15, Return = 0x06;
    private const uint Allow = 0x7fff0000, Fail = 0x00050000;

    /// <summary>The numbers of link and linkat (asm/unistd.h); arm64 has linkat alone.</summary>
    private static readonly uint[] Calls = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? [86, 265] : [37, 37];

    /// <summary>Does something on such a thread.</summary>
    /// <param name="error">What link(2) fails with.</param>
    /// <param name="action">What to do.</param>
    /// <returns>What it threw; null for nothing.</returns>
    public static Exception? Run(int error, Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() =>
        {
            thrown = Record.Exception(() => Install(error)) ?? Record.Exception(action);
        });
        thread.Start();
        thread.Join();
        return thrown;
    }

    private static unsafe void Install(int error)
    {
        var program = stackalloc Instruction[]
        {
            new(Load, 0, 0, 0), // seccomp_data.nr
            new(JumpIfEqual, 2, 0, Calls[0]),
            new(JumpIfEqual, 1, 0, Calls[1]),
            new(Return, 0, 0, Allow),
            new(Return, 0, 0, Fail | (uint)error),
        };
        var filter = new Filter(5, program);
        Assert.Equal(0, Control(SetNoNewPrivileges, 1, 0, 0, 0));
        Assert.Equal(0, Control(SetSeccomp, FilterMode, (nuint)(&filter), 0, 0));
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    /// <summary>struct sock_filter (linux/filter.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly unsafe struct Filter(ushort length, Instruction* program)
    {
        public readonly ushort Length = length;
        public readonly Instruction* Program = program;
    }
}
