using System.Runtime.InteropServices;
using System.Text;

namespace PisaHpc.Images.Import;

/// <summary>
/// The order of files in a tar when some directories have default access lists. Whoever makes a file in such a directory gives it entries
/// of the list, as the kernel wants it, an engine too: somebody could read in the image what he could not in the tree. So these directories
/// come after all files. An engine makes a directory that it has not met yet, and takes no path twice (vbatts/tar-split).
/// </summary>
public static class TreeOrder
{
    private static readonly Comparer<byte[]> ByBytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    /// <summary>Puts the names into order.</summary>
    /// <param name="paths">All paths from the root, each ended by a NUL.</param>
    /// <param name="last">The paths that come last.</param>
    /// <returns>The names as tar reads them with --null, from the root as <c>./</c>.</returns>
    public static ReadOnlyMemory<byte> Of(ReadOnlySpan<byte> paths, IReadOnlyList<byte[]> last)
    {
        var late = new SortedSet<byte[]>(last, ByBytes);
        var early = new List<byte[]>();
        foreach (var range in paths.TrimEnd((byte)0).Split((byte)0))
        {
            var path = paths[range].ToArray();
            if (!late.Contains(path))
            {
                early.Add(path);
            }
        }

        early.Sort(ByBytes);
        using var names = new MemoryStream(paths.Length + (2 * (early.Count + late.Count)));
        foreach (var path in early.Concat(late))
        {
            names.Write("./"u8);
            names.Write(path);
            names.WriteByte(0);
        }

        return names.GetBuffer().AsMemory(0, (int)names.Length);
    }
}

/// <summary>POSIX access lists (acl(5)), which the kernel gives as extended attributes.</summary>
internal static partial class AccessLists
{
    /// <summary>The attribute with the list that files made in a directory begin with.</summary>
    public const string Default = "system.posix_acl_default";

    private static readonly byte[] Name = Encoding.ASCII.GetBytes(Default + "\0");

    /// <summary>Whether a directory has a default list.</summary>
    /// <param name="root">A directory above it.</param>
    /// <param name="path">Its path from there, as bytes that need not be text.</param>
    public static bool HasDefault(string root, byte[] path)
    {
        byte[] whole = [.. Encoding.UTF8.GetBytes(root), (byte)'/', .. path, 0];
        return GetAttribute(whole, Name, nint.Zero, 0) > 0;
    }

    [LibraryImport("libc", EntryPoint = "lgetxattr")]
    private static partial nint GetAttribute(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, nint value, nuint size);
}
