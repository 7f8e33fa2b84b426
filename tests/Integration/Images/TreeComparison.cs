using System.Diagnostics;

namespace PisaHpc.Integration.Images;

/// <summary>Compares a tree with what an image of it has, as a container of that image sees it.</summary>
internal static class TreeComparison
{
    /// <summary>Attributes, links, holes, owners and times are the same; what belongs to a running system is not there.</summary>
    public static void AssertSame(TryTree tree, string root)
    {
        string In(string path) => Path.Combine(root, path);
        foreach (var (file, attribute) in new[]
        {
            ("bin/tool", "security.capability"), ("etc/motd", "user.note"),
            ("etc/motd", "system.posix_acl_access"), ("lists", "system.posix_acl_default"),
        })
        {
            Assert.Equal(TryTree.Attribute(tree.Of(file), attribute), TryTree.Attribute(In(file), attribute));
        }

        Assert.Null(TryTree.Attribute(In("lists/secret"), "system.posix_acl_access"));
        Assert.Equal(File.ReadAllBytes(tree.Of("sparse")), File.ReadAllBytes(In("sparse")));
        Assert.Equal(Status(tree.Of("etc/motd")), Status(In("etc/motd")));
        Assert.Equal(Status(tree.Of("bin/tool")), Status(In("bin/tool")));
        Assert.Equal(Status(tree.Of("etc/pipe")), Status(In("etc/pipe")));
        Assert.Equal("kept\n", File.ReadAllText(In("srv/proc/kept")));
        Assert.Contains(
            Directory.EnumerateFileSystemEntries(In("etc")), path => path.EndsWith("na\ufffdme", StringComparison.Ordinal));
        Assert.All(new[] { "mnt", "bound" }, directory => Assert.Empty(Directory.EnumerateFileSystemEntries(In(directory))));
        Assert.All(new[] { "proc/hidden", "dev/hidden" }, file => Assert.False(File.Exists(In(file))));
    }

    /// <summary>Type, mode, owner, group, links, size and time of a file.</summary>
    private static string Status(string path)
    {
        var start = new ProcessStartInfo("stat", ["--format=%F %a %u %g %h %s %Y", path]) { RedirectStandardOutput = true };
        using var stat = Process.Start(start)!;
        return stat.StandardOutput.ReadToEnd();
    }
}
