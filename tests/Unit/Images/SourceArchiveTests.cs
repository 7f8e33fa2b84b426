using System.Formats.Tar;
using PisaHpc.Images;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Ssh;

namespace PisaHpc.Unit.Images;

/// <summary>Tars of every kind, unpacked by the machine's own programs.</summary>
public sealed class SourceArchiveTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-archive-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task A_tar_comes_out_as_it_was_however_it_is_packed(string? compressor)
    {
        var tar = await TarAsync();
        var path = await FileAsync(tar, compressor);
        await using var source = await SourceArchive.OpenAsync(await MachineAsync(), path, CancellationToken.None);
        using var target = new MemoryStream();
        var last = new Last();
        Assert.Empty(await source.WriteAsync(target, last, CancellationToken.None));
        Assert.Equal(tar, target.ToArray());
        Assert.Equal((new FileInfo(path).Length, new FileInfo(path).Length), (last.Value!.Bytes, last.Value.TotalBytes));
        Assert.NotNull(source.Fingerprint);
    }

    [Fact]
    public async Task A_stream_is_read_and_stays_open()
    {
        var tar = await TarAsync();
        using var stream = new MemoryStream(tar);
        await using (var source = SourceArchive.Of(await MachineAsync(), stream))
        {
            using var target = new MemoryStream();
            await source.WriteAsync(target, null, CancellationToken.None);
            Assert.Equal(tar, target.ToArray());
            Assert.Null(source.Fingerprint);
        }

        Assert.True(stream.CanRead);
    }

    [Fact]
    public async Task An_archive_that_nobody_here_can_count_goes_on_as_it_is()
    {
        // A binary attribute with a newline in it, as an access list may have: System.Formats.Tar gives up on it.
        using var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            var attributes = new Dictionary<string, string> { ["SCHILY.xattr.user.binary"] = "12345" };
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "attribute", attributes));
        }

        var tar = stream.ToArray();
        tar.AsSpan(tar.AsSpan().IndexOf("12345"u8)).Slice(0, 5).Fill((byte)'\n');
        var path = await FileAsync(tar, null);
        await using var source = await SourceArchive.OpenAsync(await MachineAsync(), path, CancellationToken.None);
        using var target = new MemoryStream();
        await source.WriteAsync(target, null, CancellationToken.None);
        Assert.Equal(tar, target.ToArray());
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    public async Task A_tar_with_holes_is_refused_before_it_is_an_image(string format)
    {
        await using (var file = File.Create(Path.Combine(_directory, "sparse")))
        {
            file.SetLength(1 << 20);
        }

        var path = Path.Combine(_directory, "a.tar");
        (await Programs.RunAsync("tar", "--sparse", $"--format={format}", "-C", _directory, "-cf", path, "sparse")).EndedWell();
        var failure = await FailureAsync(path);
        Assert.Equal((ErrorId.ImageSourceInvalid, (object)path), (failure.Id, failure.Target));
        Assert.Contains("--sparse", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task A_damaged_archive_is_told_with_the_program_s_words(string compressor)
    {
        var path = await FileAsync(await TarAsync(), compressor);
        await using (var file = File.OpenWrite(path))
        {
            file.SetLength(file.Length / 2);
        }

        var failure = await FailureAsync(path);
        Assert.Equal(ErrorId.ImageSourceInvalid, failure.Id);
        Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("hello", "is no tar")]
    public async Task What_is_no_archive_is_told(string text, string words)
    {
        var path = Path.Combine(_directory, "file");
        await File.WriteAllTextAsync(path, text);
        var failure = await FailureAsync(path);
        Assert.Equal(ErrorId.ImageSourceInvalid, failure.Id);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_packed_file_that_is_no_tar_is_told()
    {
        var path = await FileAsync("hello"u8.ToArray(), "gzip");
        Assert.Contains("is no tar", (await FailureAsync(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_told() =>
        Assert.Equal(ErrorId.ImageSourceMissing, (await FailureAsync(Path.Combine(_directory, "none"))).Id);

    private static Task<INodeConnection> MachineAsync() =>
        NodeConnectors.For(new NodeAccess { Client = SshClientKind.Local }).ConnectAsync("localhost", CancellationToken.None);

    private static async Task<HpcException> FailureAsync(string path) => await Assert.ThrowsAsync<HpcException>(async () =>
    {
        await using var source = await SourceArchive.OpenAsync(await MachineAsync(), path, CancellationToken.None);
        await source.WriteAsync(Stream.Null, null, CancellationToken.None);
    });

    private static async Task<byte[]> TarAsync()
    {
        using var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            var data = new byte[(1 << 20) + 1];
            new Random(1).NextBytes(data);
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "etc"));
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "etc/motd") { DataStream = new MemoryStream(data) });
        }

        return stream.ToArray();
    }

    private async Task<string> FileAsync(byte[] content, string? compressor)
    {
        var path = Path.Combine(_directory, "archive");
        await File.WriteAllBytesAsync(path, content);
        if (compressor is not null)
        {
            (await Programs.RunAsync("sh", "-c", "\"$1\" -c \"$2\" > \"$3\"", "sh", compressor, path, path + ".packed")).EndedWell();
            return path + ".packed";
        }

        return path;
    }

    private sealed class Last : IProgress<ImportProgress>
    {
        public ImportProgress? Value { get; private set; }

        public void Report(ImportProgress value) => Value = value;
    }
}
