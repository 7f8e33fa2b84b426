using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Images;

/// <summary>A run of GNU tar that writes a tree as one stream, always the same for the same tree.</summary>
public sealed class TreeTar
{
    private const int MostMessages = 20;
    private const int Changed = 1;
    private readonly List<string> _messages = [];
    private long _files;

    /// <summary>Files, directories and links that tar has begun.</summary>
    public long Files => Interlocked.Read(ref _files);

    /// <summary>Whether files changed or vanished while tar read them.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>What tar said.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>
    /// The command. Names are sorted and headers carry nothing that differs between two runs. Access lists travel as the attributes that they
    /// are to the kernel, system.posix_acl_*, since an engine sets attributes and passes over tar's own notation for lists. Times are whole
    /// seconds, as <c>tar | docker import</c> keeps them: a fraction costs each file a kilobyte. Holes are filled: an engine cannot push a
    /// layer with sparse members, because it does not write again what it read (moby, vbatts/tar-split).
    /// </summary>
    /// <param name="root">The tree.</param>
    /// <param name="exclusions">What stays out.</param>
    /// <param name="isListed">Whether the files to take come on standard input, else the whole tree is taken.</param>
    public static IReadOnlyList<string> Command(string root, TreeExclusions exclusions, bool isListed) =>
    [
        "env", "LC_ALL=C", "tar", "--create", "--file=-", $"--directory={root}", "--format=posix", "--sort=name", "--numeric-owner",
        "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime,delete=mtime",
        "--one-file-system", "--no-acls", "--no-selinux", "--xattrs", "--xattrs-include=*", "--xattrs-exclude=security.selinux",
        "--xattrs-exclude=trusted.overlay.*", "--xattrs-exclude=system.nfs4_*", "--blocking-factor=512", "--verbose", "--index-file=/dev/stderr",
        .. (isListed ? ["--no-recursion", "--null", "--files-from=-"] : exclusions.ForTar().Append(".")),
    ];

    /// <summary>Runs it to its end.</summary>
    /// <param name="machine">The machine that has the tree.</param>
    /// <param name="root">The tree.</param>
    /// <param name="exclusions">What stays out.</param>
    /// <param name="names">The files to take, as <see cref="TreeOrder"/> puts them; null for all.</param>
    /// <param name="target">Where the stream goes.</param>
    /// <param name="written">Told of the bytes written so far.</param>
    /// <param name="cancellationToken">Ends tar.</param>
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
        var listening = ListenAsync(process.Error);
        var naming = NameAsync(process.Input, names ?? default, cancellationToken);
        await StreamCopy.RunAsync(process.Output, target, written, cancellationToken);
        await naming;
        var exitCode = await process.WaitAsync(cancellationToken);
        await listening.WaitAsync(cancellationToken);
        HasChanged = exitCode == Changed;
        if (exitCode > Changed)
        {
            var words = _messages.Count > 0 ? string.Join("; ", _messages) : $"tar ended with {exitCode}";
            throw new HpcException(ErrorId.ImageSourceUnreadable, $"The tree {root} was not read to its end: {words}", root);
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
    /// tar lists what it begins as ./path, and has its own name before everything else. Both write to the same place, and what tar has to say
    /// can stand in the middle of a path.
    /// </summary>
    private async Task ListenAsync(Stream error)
    {
        using var reader = new StreamReader(error, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("./", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _files);
            }

            var own = line.IndexOf("tar: ", StringComparison.Ordinal);
            if (own >= 0 && _messages.Count < MostMessages && !IsExpected(line))
            {
                _messages.Add(line[own..]);
            }
        }
    }

    private static bool IsExpected(string line) =>
        line.EndsWith("socket ignored", StringComparison.Ordinal)
        || line.EndsWith("file is on a different filesystem; not dumped", StringComparison.Ordinal)
        || line.EndsWith("contents not dumped", StringComparison.Ordinal);
}
