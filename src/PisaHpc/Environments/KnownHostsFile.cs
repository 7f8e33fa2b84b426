using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using PisaHpc.Posix;

namespace PisaHpc.Environments;

/// <summary>
/// A known_hosts file in which each static environment on a node has one line of its key's type; all other lines stay as they are, byte for
/// byte. A link is followed, and the file that it leads to keeps its mode and its owner.
/// </summary>
/// <param name="Path">The file's path; it need not exist yet.</param>
public sealed record KnownHostsFile(string Path)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long another process that writes the file is waited for: it reads, writes and renames, and is done.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What .NET says of another's lock: EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.</summary>
    private static readonly int[] Busy = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Those of some hosts whose line is not in the file, or not alone: one of another key of its type is there.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: the file cannot be read.</exception>
    public async Task<IReadOnlyList<HpcKnownHost>> LackingAsync(IEnumerable<HpcKnownHost> hosts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        if (!File.Exists(Path))
        {
            return [.. hosts];
        }

        await using var file = await OpenAsync(
            () => File.Open(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), cancellationToken);
        var has = LinesIn(file).ToLookup(SlotOf, KeyOf);
        return [.. hosts.Where(host => has[SlotOf(host.KnownHosts)].ToList() is not [var only] || only != KeyOf(host.KnownHosts))];
    }

    /// <summary>
    /// Puts hosts' lines in place of those of the same type that the file has for them. It is there whole at every time; of two processes
    /// that write it at once, the second waits for the first.
    /// </summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: the file cannot be read or written.</exception>
    public async Task PutAsync(IReadOnlyCollection<HpcKnownHost> hosts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        var target = Try(() => new FileInfo(Path).LinkTarget is null
            ? Path : File.ResolveLinkTarget(Path, returnFinalTarget: true)!.FullName);
        await using var file = await LockAsync(target, cancellationToken);
        var slots = hosts.Select(host => SlotOf(host.KnownHosts)).ToHashSet();
        var kept = LinesIn(file).Where(line => !slots.Contains(SlotOf(line)));
        Replace(target, file, string.Concat(kept.Concat(hosts.Select(host => host.KnownHosts)).Select(line => line + "\n")));
    }

    /// <summary>For whom a line is, and of which type its key is.</summary>
    private static (string? Hosts, string? Type) SlotOf(string line)
    {
        var fields = Fields(line);
        return (fields.ElementAtOrDefault(0), fields.ElementAtOrDefault(1));
    }

    private static string? KeyOf(string line) => Fields(line).ElementAtOrDefault(2);

    private static string[] Fields(string line) => line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A character for each byte: comments and names may be of any encoding (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).</summary>
    private IEnumerable<string> LinesIn(FileStream file) => Try(() =>
    {
        var content = new byte[file.Length];
        file.ReadExactly(content);
        var lines = Encoding.Latin1.GetString(content).Split('\n');
        return lines[^1].Length == 0 ? lines.SkipLast(1) : lines;
    });

    /// <summary>
    /// Opens the file with its lock, which .NET takes by flock(2) where nothing is shared. Who waited may hold what was replaced meanwhile.
    /// </summary>
    private async Task<FileStream> LockAsync(string target, CancellationToken cancellationToken)
    {
        while (true)
        {
            var file = await OpenAsync(
                () => File.Open(target, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), cancellationToken);
            if (!OperatingSystem.IsLinux() || LinuxFile.Status(file.SafeFileHandle).Identity == LinuxFile.Status(target)?.Identity)
            {
                return file;
            }

            await file.DisposeAsync();
        }
    }

    /// <summary>Opens the file when no other process has it locked any more.</summary>
    private async Task<FileStream> OpenAsync(Func<FileStream> open, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (Try(() => OpenOrNull(open, isLast: clock.Elapsed > Patience)) is { } file)
            {
                return file;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static FileStream? OpenOrNull(Func<FileStream> open, bool isLast)
    {
        try
        {
            return open();
        }
        catch (IOException busy) when (!isLast && Busy.Contains(busy.HResult))
        {
            return null;
        }
    }

    private void Replace(string target, FileStream old, string text) => Try(() =>
    {
        var beside = System.IO.Path.Combine(
            System.IO.Path.GetDirectoryName(target)!, $".{System.IO.Path.GetFileName(target)}.{System.IO.Path.GetRandomFileName()}");
        var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write);
        try
        {
            using (stream)
            {
                stream.Write(Encoding.Latin1.GetBytes(text));
                Keep(old, stream);
                stream.Flush(flushToDisk: true);
            }

            if (OperatingSystem.IsWindows())
            {
                // There nothing takes the place of a file that is open.
                old.Dispose();
            }

            File.Move(beside, target, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }

        return target;
    });

    /// <summary>Gives what takes a file's place its owner and its mode.</summary>
    private static void Keep(FileStream old, FileStream stream)
    {
        if (OperatingSystem.IsLinux() && !LinuxFile.TryGive(stream.SafeFileHandle, LinuxFile.Status(old.SafeFileHandle)))
        {
            throw new UnauthorizedAccessException($"its owner would be another one: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(old.SafeFileHandle));
        }
    }

    private T Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"The file {Quote.Name(Path)} cannot be written: {Quote.Cause(exception)}", Path,
                "Name a file with -Path that you may write.", exception);
        }
    }
}
