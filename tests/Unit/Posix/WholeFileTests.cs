using PisaHpc.Posix;

namespace PisaHpc.Unit.Posix;

/// <summary>Files that are replaced as a whole.</summary>
public sealed class WholeFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-whole-");

    private string At => Path.Combine(_directory.FullName, "known_hosts");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void What_comes_to_a_file_leaves_its_bytes_as_they_are_and_begins_a_line()
    {
        WholeFile.Append(At, "one\n", "");
        Assert.Equal("one\n", File.ReadAllText(At));
        byte[] before = [0xef, 0xbb, 0xbf, .. "caf"u8, 0xe9, 0xff, .. "\r\nlast"u8];
        File.WriteAllBytes(At, before);
        WholeFile.Append(At, "two\n", "");
        Assert.Equal([.. before, .. "\ntwo\n"u8], File.ReadAllBytes(At));
        Assert.Single(_directory.GetFiles());
    }

    [Fact]
    public void A_file_is_changed_where_it_holds_something_else()
    {
        Assert.True(WholeFile.Write(At, "", ""));
        Assert.False(WholeFile.Write(At, "", ""));
        Assert.True(WholeFile.Write(At, "caf\u00e9\n", ""));
        Assert.False(WholeFile.Write(At, "caf\u00e9\n", ""));
    }
}
