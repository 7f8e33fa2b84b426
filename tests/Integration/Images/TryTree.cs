using System.Runtime.InteropServices;
using System.Text;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Images;

/// <summary>A small Linux tree with everything in it that a tar may lose.</summary>
public sealed class TryTree : IAsyncDisposable
{
    /// <summary>cap_net_raw+ep as the kernel keeps it (linux/capability.h, VFS_CAP_REVISION_2).</summary>
    public static readonly byte[] RawCapability = Convert.FromHexString("0100000200200000000000000000000000000000");

    /// <summary>user::rw-, user:4001:rwx, group::r--, mask::rwx, other::r-- as the kernel keeps it (linux/posix_acl_xattr.h).</summary>
    public static readonly byte[] ListForUser = Convert.FromHexString(
        "02000000" + "01000600ffffffff" + "02000700a10f0000" + "04000400ffffffff" + "10000700ffffffff" + "20000400ffffffff");

    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-chroot-").FullName;
    private readonly List<string> _mounts = [];

    /// <summary>The tree.</summary>
    public string Path => System.IO.Path.Combine(_directory, "tree");

    /// <summary>Makes it.</summary>
    public static async Task<TryTree> CreateAsync()
    {
        var tree = new TryTree();
        foreach (var name in new[] { "bin", "etc", "proc", "sys", "dev", "mnt", "bound", "lists/sub", "srv/proc" })
        {
            Directory.CreateDirectory(tree.Of(name));
        }

        File.Copy("/bin/busybox", tree.Of("bin/busybox"));
        File.WriteAllText(tree.Of("etc/motd"), "hello\n");
        File.WriteAllText(tree.Of("srv/proc/kept"), "kept\n");
        File.WriteAllText(tree.Of("proc/hidden"), "x");
        File.WriteAllText(tree.Of("dev/hidden"), "x");
        await tree.DecorateAsync();
        return tree;
    }

    /// <summary>A path in it.</summary>
    public string Of(string path) => System.IO.Path.Combine(Path, path);

    /// <summary>Mounts a file system in it that the image must not have, and binds a directory of the same one.</summary>
    public async Task MountAsync()
    {
        await RunAsync("mount", "-t", "tmpfs", "none", Of("mnt"));
        _mounts.Add(Of("mnt"));
        File.WriteAllText(Of("mnt/hidden"), "x");
        await RunAsync("mount", "--bind", Of("etc"), Of("bound"));
        _mounts.Add(Of("bound"));
    }

    /// <summary>An extended attribute of a file; null when it has none.</summary>
    public static byte[]? Attribute(string path, string name)
    {
        var value = new byte[4096];
        var length = GetAttribute(Encoding.UTF8.GetBytes(path + "\0"), Encoding.UTF8.GetBytes(name + "\0"), value, (nuint)value.Length);
        return length < 0 ? null : value[..(int)length];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var mount in _mounts)
        {
            await RunAsync("umount", mount);
        }

        // .NET cannot delete a name that is no text.
        await RunAsync("rm", "-rf", _directory);
    }

    private async Task DecorateAsync()
    {
        await RunAsync("ln", Of("etc/motd"), Of("etc/motd.linked"));
        await RunAsync("mkfifo", Of("etc/pipe"));
        await RunAsync("chown", "12345:54321", Of("etc/motd"));
        File.WriteAllText(Of("bin/tool"), "x");
        await RunAsync("chmod", "4755", Of("bin/tool"));
        Set("bin/tool", "security.capability", RawCapability);
        Set("etc/motd", "user.note", "a\nb"u8.ToArray());
        Set("etc/motd", "system.posix_acl_access", ListForUser);
        File.WriteAllText(Of("lists/secret"), "only its group reads this\n");
        await RunAsync("chmod", "640", Of("lists/secret"));
        Set("lists", "system.posix_acl_default", ListForUser);
        await using (var sparse = File.Create(Of("sparse")))
        {
            sparse.SetLength(64 << 20);
            sparse.Position = 32 << 20;
            sparse.WriteByte(1);
        }

        // A name that is no text, which .NET could not write.
        await RunAsync("sh", "-c", "printf x > \"$1/etc/$(printf 'na\\377me')\"", "sh", Path);
    }

    private void Set(string path, string name, byte[] value) => Assert.Equal(
        0, SetAttribute(Encoding.UTF8.GetBytes(Of(path) + "\0"), Encoding.UTF8.GetBytes(name + "\0"), value, (nuint)value.Length, 0));

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await RunningProcess.RunAsync(program, arguments)).EndedWith(0);

    [DllImport("libc", EntryPoint = "setxattr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetAttribute(byte[] path, byte[] name, byte[] value, nuint size, int flags);

    [DllImport("libc", EntryPoint = "getxattr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint GetAttribute(byte[] path, byte[] name, byte[] value, nuint size);
}
