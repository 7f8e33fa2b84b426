using System.Runtime.InteropServices;
using System.Text;

namespace PisaHpc.Images.Import;

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
