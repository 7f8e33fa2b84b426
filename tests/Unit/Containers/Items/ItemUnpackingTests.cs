using System.Formats.Tar;
using PisaHpc.Containers.Items;

namespace PisaHpc.Unit.Containers.Items;

/// <summary>A tar of a container's, which may say anything, on this machine.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ItemUnpackingTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("pisahpc-items-").FullName;
    private readonly List<string> _passedOver = [];

    private string Work => Path.Combine(_scratch, "work");

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [Fact]
    public async Task Files_directories_and_links_come_with_modes_and_times()
    {
        var time = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var count = await UnpackAsync(
            Directories("./data/", UnixFileMode.UserRead | UnixFileMode.UserExecute, time),
            File("./data/run", "#!/bin/sh\n", (UnixFileMode)0xFED, time),
            Link("./data/link", "/etc/passwd"),
            HardLink("./data/same", "./data/run"));
        Assert.Equal(new ItemCount(3, 10), count);
        Assert.Equal("#!/bin/sh\n", System.IO.File.ReadAllText(At("data/same")));
        Assert.Equal("/etc/passwd", new FileInfo(At("data/link")).LinkTarget);
        Assert.Equal((UnixFileMode)0x1ED, System.IO.File.GetUnixFileMode(At("data/run")));
        Assert.Equal((time, time), (System.IO.File.GetLastWriteTimeUtc(At("data/run")), Directory.GetLastWriteTimeUtc(At("data"))));
        System.IO.File.SetUnixFileMode(At("data"), (UnixFileMode)0x1C0);
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData("data/../../escaped")]
    [InlineData("/data/escaped")]
    [InlineData("other")]
    [InlineData("./")]
    public async Task A_name_that_leads_elsewhere_ends_it(string name)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => UnpackAsync(File(name, "x")));
        Assert.Equal(ErrorId.ItemNotCopied, failure.Id);
        Assert.False(System.IO.File.Exists(Path.Combine(_scratch, "escaped")));
    }

    [Fact]
    public async Task Nothing_is_written_through_a_link_that_came_before()
    {
        var outside = Path.Combine(_scratch, "outside");
        Directory.CreateDirectory(outside);
        await Assert.ThrowsAsync<IOException>(() => UnpackAsync(Link("data", outside), File("data/planted", "x")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        System.IO.File.WriteAllText(Path.Combine(outside, "kept"), "kept");
        await Assert.ThrowsAnyAsync<Exception>(() => UnpackAsync(
            Link("data/link", Path.Combine(outside, "kept")), File("data/link", "overwritten"), HardLink("data/same", "data/link")));
        Assert.Equal("kept", System.IO.File.ReadAllText(Path.Combine(outside, "kept")));
    }

    [Fact]
    public async Task A_hard_link_leads_to_what_came_and_nowhere_else()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => UnpackAsync(HardLink("data/same", "/etc/passwd")));
        Assert.Equal(ErrorId.ItemNotCopied, failure.Id);
    }

    [Fact]
    public async Task What_is_no_file_is_told_and_what_is_no_tar_is_an_error()
    {
        await UnpackAsync(new PaxTarEntry(TarEntryType.Fifo, "data/pipe"), File("data/file", "x"));
        Assert.Equal(["data/pipe"], _passedOver);
        var failure = await Assert.ThrowsAsync<HpcException>(
            () => new ItemUnpacking(Work, "data", _ => { }, _ => { }).UnpackAsync(new MemoryStream(new byte[700].Select(_ => (byte)7).ToArray()), default));
        Assert.Equal(ErrorId.ItemNotCopied, failure.Id);
    }

    [Fact]
    public void A_directory_is_joined_and_a_link_replaced_but_never_followed()
    {
        Directory.CreateDirectory(At("data/sub"));
        System.IO.File.WriteAllText(At("data/sub/new"), "new");
        System.IO.File.WriteAllText(At("data/file"), "new");
        var there = Path.Combine(_scratch, "there");
        Directory.CreateDirectory(Path.Combine(there, "sub"));
        System.IO.File.WriteAllText(Path.Combine(there, "sub/old"), "old");
        System.IO.File.WriteAllText(Path.Combine(_scratch, "aim"), "kept");
        System.IO.File.CreateSymbolicLink(Path.Combine(there, "file"), Path.Combine(_scratch, "aim"));

        ItemPlacement.Place(At("data"), there);

        Assert.Equal(["new", "old"], Directory.EnumerateFiles(Path.Combine(there, "sub")).Select(Path.GetFileName).Order());
        Assert.Null(new FileInfo(Path.Combine(there, "file")).LinkTarget);
        Assert.Equal(("kept", "new"), (System.IO.File.ReadAllText(Path.Combine(_scratch, "aim")), System.IO.File.ReadAllText(Path.Combine(there, "file"))));
        System.IO.File.WriteAllText(At("plain"), "x");
        Assert.Equal(ErrorId.ItemNotCopied, Assert.Throws<HpcException>(() => ItemPlacement.Place(At("plain"), there)).Id);
    }

    private string At(string name) => Path.Combine(Work, name);

    private async Task<ItemCount> UnpackAsync(params TarEntry[] entries)
    {
        if (Directory.Exists(Work))
        {
            Directory.Delete(Work, recursive: true);
        }

        Directory.CreateDirectory(Work);
        var stream = new MemoryStream();
        await using (var tar = new TarWriter(stream, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                await tar.WriteEntryAsync(entry);
            }
        }

        stream.Position = 0;
        return await new ItemUnpacking(Work, "data", _ => { }, _passedOver.Add).UnpackAsync(stream, CancellationToken.None);
    }

    private static PaxTarEntry File(string name, string text, UnixFileMode mode = (UnixFileMode)0x1A4, DateTimeOffset? time = null) =>
        new(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)),
            Mode = mode,
            ModificationTime = time ?? DateTimeOffset.UtcNow,
        };

    private static PaxTarEntry Directories(string name, UnixFileMode mode, DateTimeOffset time) =>
        new(TarEntryType.Directory, name) { Mode = mode, ModificationTime = time };

    private static PaxTarEntry Link(string name, string target) => new(TarEntryType.SymbolicLink, name) { LinkName = target };

    private static PaxTarEntry HardLink(string name, string target) => new(TarEntryType.HardLink, name) { LinkName = target };
}
