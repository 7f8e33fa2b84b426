namespace PisaHpc.Containers.Items;

/// <summary>
/// Gives what was unpacked on this machine its final name, by renaming; a symbolic link is made anew. A directory that stands there is
/// joined with one that comes; a file or a symbolic link is replaced, and a link is never followed.
/// </summary>
internal static class ItemPlacement
{
    /// <summary>Moves a file, link or directory.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.ItemNotCopied"/>: a directory stands where something else is to be.</exception>
    public static void Place(string from, string to)
    {
        var (item, there) = (new DirectoryInfo(from), new DirectoryInfo(to));
        var isDirectory = item is { Exists: true, LinkTarget: null };
        if (there is { Exists: true, LinkTarget: null })
        {
            if (!isDirectory)
            {
                throw new HpcException(ErrorId.ItemNotCopied, $"{Quote.Name(to)} is a directory, and stays.", to);
            }

            foreach (var inner in item.EnumerateFileSystemInfos())
            {
                Place(inner.FullName, Path.Combine(to, inner.Name));
            }
        }
        else if (isDirectory)
        {
            MoveDirectory(item, to);
        }
        else if (new FileInfo(from).LinkTarget is { } target)
        {
            File.Delete(to);
            File.CreateSymbolicLink(to, target);
        }
        else
        {
            File.Move(from, to, overwrite: true);
        }
    }

    /// <summary>One that its owner may not write to cannot be renamed (rename(2)).</summary>
    private static void MoveDirectory(DirectoryInfo item, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            item.MoveTo(to);
            return;
        }

        var mode = item.UnixFileMode;
        item.UnixFileMode = mode | UnixFileMode.UserWrite;
        Directory.Move(item.FullName, to);
        File.SetUnixFileMode(to, mode);
    }
}
