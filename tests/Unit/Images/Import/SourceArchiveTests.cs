using System.Formats.Tar;
using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using PisaHpc.Adapters;
using PisaHpc.Images.Import;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Images.Import;

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
    [InlineData("gzip")]
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
    [InlineData(null)]
    [InlineData("gzip")]
    public async Task A_tar_that_ends_between_two_members_is_half_a_tar(string? compressor)
    {
        var tar = await TarAsync();
        var failure = await FailureAsync(await FileAsync(tar[..^1024], compressor));
        Assert.Equal(ErrorId.ImageSourceInvalid, failure.Id);
        Assert.Contains("ends before", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gnu", 3221226001L)]
    [InlineData("pax", 3221226001L)]
    [InlineData("gnu", 4294967295L)]
    public async Task An_owner_above_what_the_tar_reader_of_the_platform_takes_is_the_engine_s_to_judge(string format, long owner)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "member"), "x");
        var path = Path.Combine(_directory, "owner.tar");
        (await Programs.RunAsync(
            "tar", $"--format={format}", $"--owner=:{owner}", $"--group=:{owner}", "-C", _directory, "-cf", path, "member")).EndedWell();
        await using var source = await SourceArchive.OpenAsync(await MachineAsync(), path, CancellationToken.None);
        using var target = new MemoryStream();
        Assert.Empty(await source.WriteAsync(target, null, CancellationToken.None));
        Assert.Equal(await File.ReadAllBytesAsync(path), target.ToArray());
    }

    [Fact]
    public async Task What_follows_the_mark_that_ends_an_archive_does_no_harm()
    {
        byte[] padded = [.. await TarAsync(), .. new byte[10240], .. "rest"u8];
        await using var source = await SourceArchive.OpenAsync(await MachineAsync(), await FileAsync(padded, null), CancellationToken.None);
        using var target = new MemoryStream();
        await source.WriteAsync(target, null, CancellationToken.None);
        Assert.Equal(padded, target.ToArray());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task A_source_that_cannot_be_read_to_its_end_is_told_and_nothing_waits_for_more_of_it(string? compressor)
    {
        var content = await File.ReadAllBytesAsync(await FileAsync(await TarAsync(), compressor));
        await using var broken = new BrokenStream(content);
        await using var source = SourceArchive.Of(await MachineAsync(), broken);
        var writing = source.WriteAsync(Stream.Null, null, CancellationToken.None);
        var failure = await Assert.ThrowsAsync<HpcException>(() => writing.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(ErrorId.ImageSourceUnreadable, failure.Id);
        Assert.Contains("stale file handle", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_on_which_nothing_comes_is_left_when_the_caller_leaves()
    {
        using var server = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var silent = new FileStream(
            new SafeFileHandle(server.ClientSafePipeHandle.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, 0);
        await using var source = SourceArchive.Of(await MachineAsync(), silent);
        using var stop = new CancellationTokenSource();
        var writing = source.WriteAsync(Stream.Null, null, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_pipe_that_nobody_writes_is_left_when_the_caller_leaves()
    {
        var pipe = Path.Combine(_directory, "pipe");
        (await Programs.RunAsync("mkfifo", pipe)).EndedWell();
        using var stop = new CancellationTokenSource();
        var opening = SourceArchive.OpenAsync(await MachineAsync(), pipe, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(TimeSpan.FromSeconds(30)));

        // A writer lets the opening go that was left alone.
        await using (new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
        }
    }

    [Fact]
    public async Task A_tar_behind_a_link_is_known_by_what_it_is_itself()
    {
        var path = await FileAsync(await TarAsync(), null);
        var link = File.CreateSymbolicLink(Path.Combine(_directory, "link"), path).FullName;
        var before = await FingerprintAsync(link);
        Assert.Equal(await FingerprintAsync(path), before);
        await File.AppendAllTextAsync(path, "x");
        Assert.NotEqual(before, await FingerprintAsync(link));
    }

    [Fact]
    public async Task What_is_no_file_can_give_something_else_each_time() => Assert.Null(await FingerprintAsync("/dev/null"));

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

    private static async Task<string?> FingerprintAsync(string path)
    {
        await using var source = await SourceArchive.OpenAsync(await MachineAsync(), path, CancellationToken.None);
        return source.Fingerprint;
    }

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

    /// <summary>Gives half of what it has, and then fails as a file of a server that went away.</summary>
    private sealed class BrokenStream(byte[] content) : UnseekableStream
    {
        private bool _given;

        public override bool CanRead => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given)
            {
                throw new IOException("stale file handle");
            }

            _given = true;
            var count = Math.Min(buffer.Length, content.Length / 2);
            content.AsMemory(0, count).CopyTo(buffer);
            return ValueTask.FromResult(count);
        }
    }

    private sealed class Last : IProgress<ImportProgress>
    {
        public ImportProgress? Value { get; private set; }

        public void Report(ImportProgress value) => Value = value;
    }
}
