using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Images.Import;

/// <summary>A run of GNU tar that writes a tree as one stream, always the same for the same tree.</summary>
public sealed class TreeTar
{
    private const int MostMessages = 20;
    private const int Changed = 1;
    private const int ListBytes = 1 << 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly List<string> _messages = [];
    private long _files;

    /// <summary>Files, directories and links that tar has begun.</summary>
    public long Files => Interlocked.Read(ref _files);

    /// <summary>Whether files changed or vanished while tar read them.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>What tar said.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>
    /// The command. Names are sorted and headers carry nothing that differs between two runs. Access lists travel as the attributes that
    /// they are to the kernel, system.posix_acl_*, since an engine sets attributes and passes over tar's own notation for lists. Times are
    /// whole seconds, as <c>tar | docker import</c> keeps them: a fraction costs each file a kilobyte. Holes are filled: an engine cannot
    /// push a layer with sparse members, because it does not write again what it read (moby, vbatts/tar-split).
    /// </summary>
    /// <param name="exclusions">What stays out.</param>
    /// <param name="isListed">Whether the files to take come on standard input, else the whole tree is taken.</param>
    public static IReadOnlyList<string> Command(string root, TreeExclusions exclusions, bool isListed) =>
    [
        "env", "LC_ALL=C", "tar", "--create", "--file=-", $"--directory={root}", "--format=posix", "--sort=name", "--numeric-owner",
        "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime,delete=mtime",
        "--one-file-system", "--no-acls", "--no-selinux", "--xattrs", "--xattrs-include=*", "--xattrs-exclude=security.selinux",
        "--xattrs-exclude=trusted.overlay.*", "--xattrs-exclude=system.nfs4_*",
        "--blocking-factor=512", "--verbose", "--index-file=/dev/stderr",
        .. (isListed ? ["--no-recursion", "--null", "--files-from=-"] : exclusions.ForTar().Append(".")),
    ];

    /// <summary>Runs it to its end.</summary>
    /// <param name="machine">The machine that has the tree.</param>
    /// <param name="exclusions">What stays out.</param>
    /// <param name="names">The files to take, as <see cref="TreeOrder"/> puts them; null for all.</param>
    /// <param name="target">Where the stream goes.</param>
    /// <param name="written">Told of the bytes written so far.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.ImageSourceUnreadable"/>: tar could not read all of it.</exception>
    public async Task RunAsync(
        INodeConnection machine,
        string root,
        TreeExclusions exclusions,
        ReadOnlyMemory<byte>? names,
        Stream target,
        Action<long> written,
        CancellationToken cancellationToken)
    {
        await using var process = await machine.StartAsync(Command(root, exclusions, names is not null), cancellationToken);
        var copying = StreamCopy.RunAsync(process.Output, target, written, cancellationToken);
        var listening = ListenAsync(process.Error, copying);
        var naming = NameAsync(process.Input, names ?? default, cancellationToken);
        await copying;
        await naming;
        var exitCode = await process.WaitAsync(cancellationToken);
        await listening.WaitAsync(cancellationToken);
        HasChanged = exitCode == Changed;
        if (exitCode > Changed)
        {
            var words = _messages.Count > 0 ? string.Join("; ", _messages) : $"tar ended with {exitCode}";
            throw new HpcException(ErrorId.ImageSourceUnreadable, $"The tree {root} was not read to its end: {Quote.Words(words)}", root);
        }
    }

    /// <summary>A tar that has ended takes no more names: what it said tells why.</summary>
    private static async Task NameAsync(Stream input, ReadOnlyMemory<byte> names, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(names, cancellationToken);
            await input.DisposeAsync();
        }
        catch (IOException)
        {
            // Its exit code is looked at next.
        }
    }

    /// <summary>
    /// tar writes a line for each file that it begins. Woken by each of them we would take more of the machine than tar does, so lines may
    /// gather in the pipe while the stream flows.
    /// </summary>
    private async Task ListenAsync(Stream error, Task copying)
    {
        StreamCopy.Widen(error);
        var buffer = new byte[ListBytes];
        var filled = 0;
        while (await error.ReadAsync(buffer.AsMemory(filled)) is var count && count > 0)
        {
            filled += count;
            var used = filled == buffer.Length ? filled : buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            TakeLines(buffer.AsSpan(0, used));
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
            await Task.WhenAny(copying, Task.Delay(Pause));
        }

        TakeLines(buffer.AsSpan(0, filled));
    }

    /// <summary>
    /// A file's line is ./path, and tar has its own name before everything else. Both go to the same place, and what tar has to say can
    /// stand in the middle of a path.
    /// </summary>
    private void TakeLines(ReadOnlySpan<byte> lines)
    {
        var files = 0;
        foreach (var range in lines.Split((byte)'\n'))
        {
            var line = lines[range];
            files += line.StartsWith("./"u8) ? 1 : 0;
            if (line.IndexOf("tar: "u8) is >= 0 and var own)
            {
                TakeMessage(Encoding.UTF8.GetString(line[own..]));
            }
        }

        Interlocked.Add(ref _files, files);
    }

    private void TakeMessage(string message)
    {
        if (_messages.Count < MostMessages && !IsExpected(message))
        {
            _messages.Add(message);
        }
    }

    private static bool IsExpected(string message) =>
        message.EndsWith("socket ignored", StringComparison.Ordinal)
        || message.EndsWith("file is on a different filesystem; not dumped", StringComparison.Ordinal)
        || message.EndsWith("contents not dumped", StringComparison.Ordinal);
}

/// <summary>Carries bytes from one stream to another in a buffer's worth of memory.</summary>
internal static partial class StreamCopy
{
    private const int BufferBytes = 512 * 1024;

    /// <summary>
    /// F_SETPIPE_SZ of fcntl(2): Linux gives a pipe 64 kB, which are many turns between two processes for a few gigabytes.
    /// </summary>
    private const int SetPipeSize = 1031;

    /// <summary>Copies to the end.</summary>
    /// <param name="source">Where bytes come from; a program's pipe is widened.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="copied">Told of all bytes copied so far.</param>
    public static async Task RunAsync(Stream source, Stream target, Action<long> copied, CancellationToken cancellationToken)
    {
        Widen(source);
        var buffer = new byte[BufferBytes];
        var total = 0L;
        while (await source.ReadAsync(buffer, cancellationToken) is var count && count > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            total += count;
            copied(total);
        }
    }

    /// <summary>Gives a program's pipe room for more between two turns; a kernel that refuses leaves it as it is.</summary>
    /// <param name="source">The stream; one that is no pipe stays what it is.</param>
    public static void Widen(Stream source)
    {
        if (OperatingSystem.IsLinux() && source is PipeStream pipe)
        {
            _ = Control(pipe.SafePipeHandle, SetPipeSize, 2 * BufferBytes);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeHandle handle, int command, int size);
}
