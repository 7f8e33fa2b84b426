using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace PisaHpc.Posix;

/// <summary>
/// The terminal on which this process's standard input and output are (termios(3), ioctl_tty(2)), given over whole to something that runs
/// elsewhere: no key means anything here and none is shown, as in ssh. Disposing of it gives it back as it was. Linux only.
/// </summary>
internal sealed partial class LocalTerminal : IAsyncDisposable
{
    private const int Input = 0;
    private const int Output = 1;
    private const int AtOnce = 0; // TCSANOW
    private const int AfterOutput = 1; // TCSADRAIN
    private const uint GetWindowSize = 0x5413; // TIOCGWINSZ
    private const short Readable = 1; // POLLIN
    private const int Interrupted = 4; // EINTR

    /// <summary>No C library's struct termios is larger.</summary>
    private const int SettingsSize = 256;

    private readonly byte[] _settings = new byte[SettingsSize];
    private readonly int[] _wake = new int[2];
    private readonly Channel<ReadOnlyMemory<byte>> _keys = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
    private readonly Channel<bool> _resizes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly PosixSignalRegistration _resized;
    private readonly PosixSignalRegistration[] _ends;
    private readonly Task _reading;
    private int _disposed;

    private LocalTerminal()
    {
        Require(GetSettings(Input, _settings), "its settings cannot be read");
        Require(MakePipe(_wake), "no pipe can be made");
        var raw = _settings.ToArray();
        MakeRaw(raw);
        AppDomain.CurrentDomain.ProcessExit += GiveBack;

        // A signal that ends the process raises no ProcessExit; what it does is not changed here.
        _ends = [.. ((PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT]).Select(
            signal => PosixSignalRegistration.Create(signal, _ => SetSettings(Input, AtOnce, _settings)))];
        Require(SetSettings(Input, AfterOutput, raw), "its settings cannot be changed");
        _resized = OperatingSystem.IsWindows()
            ? throw new PlatformNotSupportedException()
            : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _resizes.Writer.TryWrite(true));
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Whether this process has one, on standard input and output both.</summary>
    public static bool IsThere => OperatingSystem.IsLinux() && IsTerminal(Input) == 1 && IsTerminal(Output) == 1;

    /// <summary>Its size in characters; 80 and 24 where it does not know.</summary>
    public static (int Columns, int Rows) Size
    {
        get
        {
            var size = default(WindowSize);
            return Control(Output, GetWindowSize, ref size) == 0 && size is { Columns: > 0, Rows: > 0 }
                ? (size.Columns, size.Rows)
                : (80, 24);
        }
    }

    /// <summary>What is typed, as it is typed; it ends when the terminal goes, or is given back.</summary>
    public ChannelReader<ReadOnlyMemory<byte>> Keys => _keys.Reader;

    /// <summary>Something after each change of its size; several changes may be one.</summary>
    public ChannelReader<bool> Resizes => _resizes.Reader;

    /// <summary>Takes it.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.TerminalMissing"/>: it does not do as a terminal does.</exception>
    public static LocalTerminal Take() => new();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _resized.Dispose();
        _resizes.Writer.TryComplete();

        // The thread that reads ends at once, and takes no key that is typed from now on.
        _ = Write(_wake[1], [0], 1);
        await _reading;
        GiveBack(this, EventArgs.Empty);
        AppDomain.CurrentDomain.ProcessExit -= GiveBack;
        Array.ForEach(_ends, end => end.Dispose());
        _ = Close(_wake[0]);
        _ = Close(_wake[1]);
    }

    private static void Require(int result, string what)
    {
        if (result != 0)
        {
            throw new HpcException(
                ErrorId.TerminalMissing,
                $"The terminal of this process is none: {what} ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}).");
        }
    }

    private void GiveBack(object? sender, EventArgs e) => _ = SetSettings(Input, AfterOutput, _settings);

    private void Read()
    {
        var buffer = new byte[4096];
        PollEntry[] watched = [new(Input), new(_wake[0])];
        while (true)
        {
            if (Poll(watched, 2, -1) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            {
                continue;
            }

            var length = watched[1].Happened == 0 ? Read(Input, buffer, (nuint)buffer.Length) : 0;
            if (length < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            {
                continue;
            }

            if (length <= 0)
            {
                _keys.Writer.TryComplete();
                return;
            }

            _keys.Writer.TryWrite(buffer.AsMemory(0, (int)length).ToArray());
        }
    }

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetSettings(int descriptor, [Out] byte[] settings);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetSettings(int descriptor, int when, byte[] settings);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw([In, Out] byte[] settings);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref WindowSize size);

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    private static partial int MakePipe([Out] int[] ends);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll([In, Out] PollEntry[] entries, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, [Out] byte[] buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, byte[] buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry(int descriptor)
    {
        public int Descriptor = descriptor;
        public short Asked = Readable;
        public short Happened;
    }
}
