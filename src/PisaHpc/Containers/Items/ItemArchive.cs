using System.Formats.Tar;
using PisaHpc.Nodes;
using PisaHpc.Posix;

namespace PisaHpc.Containers.Items;

/// <summary>
/// Files and directories of this machine as a tar for a container: with their modes and times, but without set-user-ID, set-group-ID and
/// owners. A directory follows what is in it, so that one that may not be written to can be filled. GNU's format is the one that every tar
/// reads, busybox's included; it knows times in seconds.
/// </summary>
/// <param name="Paths">The full paths.</param>
internal sealed record ItemArchive(IReadOnlyList<string> Paths)
{
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;
    private const string Items = "items";
    private const string End = "whole";

    /// <summary>How many bytes their files have.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.ItemNotFound"/>; <see cref="ErrorId.ItemNotCopied"/>: one cannot be read.
    /// </exception>
    public ItemCount Count() => Sum(Paths.Select(CountOf));

    /// <summary>Writes them.</summary>
    /// <param name="written">Told how many bytes of files have been written so far.</param>
    /// <param name="passedOver">Told of what cannot be copied: a socket, a pipe, a device.</param>
    public async Task WriteAsync(Stream target, Action<long> written, Action<string> passedOver, CancellationToken cancellationToken)
    {
        await using var counted = new CountedStream(target);
        await using var tar = new TarWriter(counted, TarEntryFormat.Gnu, leaveOpen: true);
        var writer = new Writer(tar, counted, written, passedOver);
        foreach (var path in Paths)
        {
            await writer.AddAsync(path, $"{Items}/{NameOf(path)}", cancellationToken);
        }

        await tar.WriteEntryAsync(new GnuTarEntry(TarEntryType.RegularFile, End), cancellationToken);
    }

    private static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path)) is { Length: > 0 } name
        ? name
        : throw new HpcException(ErrorId.InvalidValue, $"{Quote.Name(path)} has no name that it could have in a container.", path);

    private static ItemCount CountOf(string path)
    {
        try
        {
            return CountOf(InfoOf(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    private static ItemCount CountOf(FileSystemInfo item) => item switch
    {
        { Exists: false, LinkTarget: null } => throw Missing(item.FullName),
        { LinkTarget: not null } => new ItemCount(1, 0),
        DirectoryInfo directory => Sum(directory.EnumerateFileSystemInfos().Select(CountOf)),
        _ => IsPlain(item) ? new ItemCount(1, ((FileInfo)item).Length) : default,
    };

    private static ItemCount Sum(IEnumerable<ItemCount> counts) => counts.Aggregate(new ItemCount(0, 0), (sum, one) => sum + one);

    /// <summary>Whether it can be read to an end: a pipe's reader would wait for somebody who writes.</summary>
    private static bool IsPlain(FileSystemInfo item) =>
        !OperatingSystem.IsLinux() || LinuxFile.Status(item.FullName) is not { IsRegular: false };

    private static FileSystemInfo InfoOf(string path) =>
        new DirectoryInfo(path) is { Exists: true } directory ? directory : new FileInfo(path);

    /// <summary>Looks whether they are there.</summary>
    public void Require()
    {
        foreach (var path in Paths)
        {
            _ = NameOf(path);
            _ = InfoOf(path) is { Exists: true } or { LinkTarget: not null } ? path : throw Missing(path);
        }
    }

    private static HpcException Missing(string path) =>
        new(ErrorId.ItemNotFound, $"There is no {Quote.Name(path)} on this machine.", path);

    private static HpcException Unreadable(string path, Exception failure) => new(
        ErrorId.ItemNotCopied, $"{Quote.Name(path)} cannot be read: {Quote.Cause(failure)}", path, innerException: failure);

    private sealed class Writer(TarWriter tar, CountedStream target, Action<long> written, Action<string> passedOver)
    {
        /// <summary>What comes before a file (tar(5)); a long name takes more, and the file's length is the end of it.</summary>
        private const int Header = 512;

        private long _written;

        public async Task AddAsync(string path, string name, CancellationToken cancellationToken)
        {
            try
            {
                await AddAsync(InfoOf(path), name, cancellationToken);
            }
            catch (Exception failure) when (failure is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
            {
                throw Unreadable(path, failure);
            }
        }

        private async Task AddAsync(FileSystemInfo item, string name, CancellationToken cancellationToken)
        {
            if (item.LinkTarget is { } link)
            {
                await tar.WriteEntryAsync(Entry(item, TarEntryType.SymbolicLink, name, link), cancellationToken);
            }
            else if (item is DirectoryInfo directory)
            {
                foreach (var inner in directory.EnumerateFileSystemInfos())
                {
                    await AddAsync(inner, $"{name}/{inner.Name}", cancellationToken);
                }

                await tar.WriteEntryAsync(Entry(item, TarEntryType.Directory, name + "/"), cancellationToken);
            }
            else if (!IsPlain(item))
            {
                passedOver(item.FullName);
            }
            else
            {
                await AddFileAsync(item, name, cancellationToken);
            }
        }

        private async Task AddFileAsync(FileSystemInfo item, string name, CancellationToken cancellationToken)
        {
            var entry = Entry(item, TarEntryType.RegularFile, name);
            await using var content = new FileStream(item.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            entry.DataStream = content;
            var (before, length) = (target.Count, content.Length);
            target.Counted = count => written(_written + Math.Clamp(count - before - Header, 0, length));
            await tar.WriteEntryAsync(entry, cancellationToken);
            target.Counted = _ => { };
            written(_written += length);
        }

        private static GnuTarEntry Entry(FileSystemInfo item, TarEntryType type, string name, string? link = null)
        {
            var entry = new GnuTarEntry(type, name) { ModificationTime = item.LastWriteTimeUtc };
            if (link is not null)
            {
                entry.LinkName = link;
            }
            else
            {
                entry.Mode = item.UnixFileMode & Permissions;
            }

            return entry;
        }
    }

    /// <summary>Tells how much has gone through to another stream, which it leaves open: a file may take hours.</summary>
    private sealed class CountedStream(Stream inner) : UnseekableStream
    {
        public long Count { get; private set; }

        public Action<long> Counted { get; set; } = _ => { };

        public override bool CanWrite => true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            Count += buffer.Length;
            Counted(Count);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
    }
}

/// <summary>How much there is.</summary>
/// <param name="Files">Files and symbolic links.</param>
/// <param name="Bytes">The bytes of the files.</param>
internal readonly record struct ItemCount(int Files, long Bytes)
{
    public static ItemCount operator +(ItemCount one, ItemCount other) => new(one.Files + other.Files, one.Bytes + other.Bytes);
}
