using System.Management.Automation;
using System.Runtime.InteropServices;

namespace PisaHpc.Host.Output;

/// <summary>
/// Objects on stdout as they come, each a line of JSON. None is kept, and those that came before the end are there, whatever ends them.
/// </summary>
/// <param name="writer">Makes the lines.</param>
/// <param name="unread">Told once, when nobody reads stdout any more.</param>
internal sealed partial class JsonLines(JsonObjectWriter writer, Action unread) : IDisposable
{
    private const int Stdout = 1;
    private const short Error = 0x8;
    private const short HangUp = 0x10;

    private readonly Stream _stdout = Console.OpenStandardOutput();
    private bool _isUnread;

    /// <summary>Runs a pipeline.</summary>
    public void Take(PowerShell shell)
    {
        using var objects = new PSDataCollection<PSObject?>();
        objects.DataAdded += (_, _) =>
        {
            foreach (var item in objects.ReadAll())
            {
                Write(item);
            }
        };
        shell.Invoke<PSObject, PSObject?>(null, objects, null);
    }

    /// <inheritdoc/>
    public void Dispose() => _stdout.Dispose();

    private void Write(PSObject? item)
    {
        if (_isUnread)
        {
            return;
        }

        _stdout.Write(writer.LineOf(item).Span);
        _isUnread = IsUnread();
        if (_isUnread)
        {
            unread();
        }
    }

    /// <summary>Asks the system: .NET's stream takes what is written to a pipe without a reader as written.</summary>
    private static bool IsUnread()
    {
        var stdout = new PollRequest { Descriptor = Stdout };
        return !OperatingSystem.IsWindows() && Poll(ref stdout, 1, timeout: 0) > 0 && (stdout.Found & (Error | HangUp)) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollRequest request, nuint count, int timeout);

    /// <summary>struct pollfd (poll(2)): what goes wrong is found without being asked for.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Asked;
        public short Found;
    }
}
