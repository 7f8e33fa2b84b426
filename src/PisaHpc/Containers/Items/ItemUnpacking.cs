using System.Formats.Tar;

namespace PisaHpc.Containers.Items;

/// <summary>
/// Takes a tar that a container wrote, which may say anything, into an empty directory that nobody else writes to. Each name stays below
/// it; symbolic links are made last, so that nothing is written through one; nothing gets a set-user-ID or an owner.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="name">The one name at the top.</param>
/// <param name="passedOver">Told of what is not copied: a pipe, a device.</param>
internal sealed class ItemUnpacking(string directory, string name, Action<long> written, Action<string> passedOver)
{
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;

    /// <summary>One for all files: of a tree of small ones each would be an allocation for large objects.</summary>
    private readonly byte[] _buffer = new byte[128 * 1024];

    private readonly List<(string Path, string Target)> _links = [];
    private readonly List<(string Path, UnixFileMode Mode, DateTimeOffset Time)> _directories = [];
    private int _files;
    private long _bytes;

    /// <summary>Reads to the tar's end.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.ItemNotCopied"/>: it has names that lead elsewhere, or is no tar.</exception>
    public async Task<ItemCount> UnpackAsync(Stream source, CancellationToken cancellationToken)
    {
        try
        {
            await using var tar = new TarReader(source, leaveOpen: true);
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                await TakeAsync(entry, cancellationToken);
            }
        }
        catch (Exception failure) when (failure is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new HpcException(
                ErrorId.ItemNotCopied, $"What came of {Quote.Of(name)} is no tar: {Quote.Cause(failure)}", name, innerException: failure);
        }

        Finish();
        return new ItemCount(_files, _bytes);
    }

    private async Task TakeAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                var path = PathOf(entry.Name);
                Directory.CreateDirectory(path);
                _directories.Add((path, entry.Mode & Permissions, entry.ModificationTime));
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                await WriteAsync(entry, PathOf(entry.Name), cancellationToken);
                break;
            case TarEntryType.SymbolicLink:
                _links.Add((PathOf(entry.Name), entry.LinkName));
                _files++;
                break;
            case TarEntryType.HardLink:
                File.Copy(PathOf(entry.LinkName), Below(PathOf(entry.Name)), overwrite: false);
                _files++;
                break;
            case TarEntryType.GlobalExtendedAttributes:
                break;
            default:
                passedOver(entry.Name);
                break;
        }
    }

    private async Task WriteAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        await using (var file = new FileStream(Below(path), options))
        {
            while (entry.DataStream is { } data && await data.ReadAsync(_buffer, cancellationToken) is > 0 and var read)
            {
                await file.WriteAsync(_buffer.AsMemory(0, read), cancellationToken);
                written(_bytes += read);
            }
        }

        _files++;
        SetMode(path, entry.Mode & Permissions);
        File.SetLastWriteTimeUtc(path, entry.ModificationTime.UtcDateTime);
    }

    /// <summary>Makes the links, and gives directories what they are to have, the inner ones first.</summary>
    private void Finish()
    {
        foreach (var (path, target) in _links)
        {
            File.CreateSymbolicLink(Below(path), target);
        }

        foreach (var (path, mode, time) in _directories.OrderByDescending(one => one.Path.Length))
        {
            Directory.SetLastWriteTimeUtc(path, time.UtcDateTime);
            SetMode(path, mode);
        }
    }

    private static string Below(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>The path of a name in the tar. Names that are relative and go down alone stay below the directory.</summary>
    private string PathOf(string entry)
    {
        string[] parts = [.. entry.Split('/').Where(part => part is not ("" or "."))];
        return !entry.StartsWith('/') && !entry.Contains('\0', StringComparison.Ordinal)
            && parts is [var first, ..] && first == name && !parts.Contains("..")
            ? Path.Combine([directory, .. parts])
            : throw new HpcException(
                ErrorId.ItemNotCopied,
                $"The container's tar has {Quote.Of(entry)}, which is not below {Quote.Of(name)}: nothing of it was kept.",
                name,
                "See what program its tar is, and who can write there: nothing that a tar writes by itself looks so.");
    }
}
