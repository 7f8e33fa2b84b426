using System.Formats.Tar;
using System.Net.Sockets;
using PisaHpc.Adapters;
using PisaHpc.Images.Import;
using PisaHpc.Nodes;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Images.Import;

/// <summary>Real trees, read by the machine's own find and tar.</summary>
public sealed class SourceTreeTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("pisahpc-tree-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Everything_of_a_tree_is_in_its_tar_but_what_the_kernel_and_sockets_put_there()
    {
        Put("etc/motd", "hello");
        Put("proc/1/status", "x");
        Put("sys/a", "x");
        Put("dev/null", "x");
        Put("home/proc/kept", "x");
        Put("with\nnewline and 'quote'", "x");
        File.CreateSymbolicLink(Of("link"), "etc/motd");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Of("socket")));
        var (names, progress) = await ReadAsync();
        Assert.Equal(
            ["./", "./dev/", "./etc/", "./etc/motd", "./home/", "./home/proc/", "./home/proc/kept", "./link", "./proc/", "./sys/", "./with\nnewline and 'quote'"],
            names);
        Assert.Equal((11L, 11L), (progress.Files, progress.TotalFiles));
        Assert.InRange(progress.TotalBytes!.Value, 11 * 512, progress.Bytes);
    }

    [Fact]
    public async Task The_same_tree_elsewhere_gives_the_same_tar_and_the_same_digest()
    {
        Put("b", "2");
        Put("a", "1");
        var (first, digest, fingerprint) = await TarAsync(_root);
        var copy = _root + "-copy";
        (await Programs.RunAsync("cp", "--archive", _root, copy)).EndedWell();
        try
        {
            var (second, copied, other) = await TarAsync(copy);
            Assert.Equal(first, second);
            Assert.Equal(digest, copied);
            Assert.NotEqual(fingerprint, other);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public async Task A_touch_that_hides_itself_is_seen()
    {
        Put("a", "1");
        var time = new DateTime(2024, 11, 5, 9, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Of("a"), time);
        var before = await OpenAsync();
        await File.WriteAllTextAsync(Of("a"), "2");
        File.SetLastWriteTimeUtc(Of("a"), time);
        var after = await OpenAsync();
        Assert.Equal(before.TreeDigest, after.TreeDigest);
        Assert.NotEqual(before.Fingerprint, after.Fingerprint);
        Assert.Equal(after.Fingerprint, (await OpenAsync()).Fingerprint);
    }

    [Fact]
    public async Task What_an_admin_leaves_out_stays_out_with_all_that_is_in_it()
    {
        Put("var/cache/apt/x.deb", "x");
        Put("var/log/lastlog", "x");
        Put("var/log/messages", "x");
        Put("var/log/[a]*", "x");
        var (names, progress) = await ReadAsync("var/cache/*", "/var/log/lastlog", @"./var/log/\[a\]\*");
        Assert.Equal(["./", "./var/", "./var/cache/", "./var/log/", "./var/log/messages"], names);
        Assert.Equal(progress.Files, progress.TotalFiles);
    }

    [Fact]
    public async Task A_directory_name_that_is_a_pattern_is_a_name()
    {
        Put("[x]*/proc/1", "x");
        Put("[x]*/etc/a", "x");
        await using var tree = await SourceTree.OpenAsync(await MachineAsync(), Of("[x]*"), [], CancellationToken.None);
        Assert.Equal(["./", "./etc/", "./etc/a", "./proc/"], await NamesAsync(tree, null));
    }

    [Fact]
    public async Task A_link_to_a_tree_is_the_tree()
    {
        Put("tree/etc/a", "x");
        Directory.CreateSymbolicLink(Of("link"), Of("tree"));
        await using var tree = await SourceTree.OpenAsync(await MachineAsync(), Of("link"), [], CancellationToken.None);
        Assert.Equal(Of("tree"), tree.Path);
    }

    [Fact]
    public async Task Holes_are_filled_and_named()
    {
        await using (var file = File.Create(Of("sparse")))
        {
            file.SetLength(2L << 30);
        }

        var tree = await OpenAsync();
        Assert.Contains("sparse", Assert.Single(tree.Warnings), StringComparison.Ordinal);
        Assert.Empty((await OpenAsync("sparse")).Warnings);
    }

    [Fact]
    public async Task A_file_that_grows_while_it_is_read_is_a_warning_with_its_name()
    {
        await using (var file = File.Create(Of("log")))
        {
            file.SetLength(256 << 20);
        }

        var tree = await OpenAsync();
        var warning = Assert.Single(await tree.WriteAsync(Stream.Null, new Writer(Of("log")), CancellationToken.None));
        Assert.Contains("./log: file changed as we read it", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_that_goes_away_is_an_error_in_tar_s_words()
    {
        Put("a", "x");
        var tree = await OpenAsync();
        Directory.Delete(_root, recursive: true);
        try
        {
            var failure = await Assert.ThrowsAsync<HpcException>(() => tree.WriteAsync(Stream.Null, null, CancellationToken.None));
            Assert.Equal(ErrorId.ImageSourceUnreadable, failure.Id);
            Assert.Contains(_root, failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.CreateDirectory(_root);
        }
    }

    [Fact]
    public async Task A_tree_that_is_not_there_is_told()
    {
        var failure = await Assert.ThrowsAsync<HpcException>(async () => await SourceTree.OpenAsync(await MachineAsync(), Of("none"), [], CancellationToken.None));
        Assert.Equal(ErrorId.ImageSourceMissing, failure.Id);
    }

    [Fact]
    public async Task A_reader_that_leaves_takes_tar_with_it()
    {
        await using (var file = File.Create(Of("long")))
        {
            file.SetLength(1L << 40);
        }

        var tree = await OpenAsync();
        await using var full = new FullStream();
        await Assert.ThrowsAsync<IOException>(() => tree.WriteAsync(full, null, CancellationToken.None));
        Assert.Empty(await Programs.NamingAsync($"--directory={_root}"));

        using var stop = new CancellationTokenSource();
        var writing = tree.WriteAsync(Stream.Null, new Stopper(stop), stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.Empty(await Programs.NamingAsync($"--directory={_root}"));
    }

    private static Task<PisaHpc.Nodes.INodeConnection> MachineAsync() =>
        NodeConnectors.For(new NodeAccess { Client = SshClientKind.Local }).ConnectAsync("localhost", CancellationToken.None);

    private async Task<SourceTree> OpenAsync(params string[] exclude) =>
        await SourceTree.OpenAsync(await MachineAsync(), _root, exclude, CancellationToken.None);

    private async Task<(List<string> Names, ImportProgress Progress)> ReadAsync(params string[] exclude)
    {
        await using var tree = await OpenAsync(exclude);
        var last = new Last();
        return (await NamesAsync(tree, last), last.Value!);
    }

    private static async Task<List<string>> NamesAsync(SourceTree tree, IProgress<ImportProgress>? progress)
    {
        using var stream = new MemoryStream();
        Assert.Empty(await tree.WriteAsync(stream, progress, CancellationToken.None));
        stream.Position = 0;
        await using var reader = new TarReader(stream);
        var names = new List<string>();
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            Assert.Equal("", entry is PosixTarEntry posix ? posix.UserName + posix.GroupName : "");
            names.Add(entry.Name);
        }

        return names;
    }

    [Fact]
    public async Task A_look_that_breaks_off_within_a_file_is_a_tree_that_cannot_be_read()
    {
        INodeConnector machine = new FakeCluster
        {
            OnRun = (_, arguments, _) => FakeCluster.Result(0, arguments[0] == "realpath" ? _root : "GNU tar, GNU findutils"),
            OnStart = (_, _) => new EndedProcess("f\0644"),
        };
        var failure = await Assert.ThrowsAsync<HpcException>(async () =>
            await SourceTree.OpenAsync(await machine.ConnectAsync("n1", CancellationToken.None), _root, [], CancellationToken.None));
        Assert.Equal(ErrorId.ImageSourceUnreadable, failure.Id);
        Assert.Contains("ended within a file", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<(byte[] Tar, string? Digest, string? Fingerprint)> TarAsync(string root)
    {
        await using var tree = await SourceTree.OpenAsync(await MachineAsync(), root, [], CancellationToken.None);
        using var stream = new MemoryStream();
        await tree.WriteAsync(stream, null, CancellationToken.None);
        return (stream.ToArray(), tree.TreeDigest, tree.Fingerprint);
    }

    private string Of(string path) => Path.Combine(_root, path);

    private void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Of(path))!);
        File.WriteAllText(Of(path), text);
    }

    private sealed class EndedProcess(string said) : INodeProcess
    {
        public Stream Input { get; } = new MemoryStream();

        public Stream Output { get; } = new MemoryStream(System.Text.Encoding.ASCII.GetBytes(said));

        public Stream Error { get; } = new MemoryStream();

        public Task<int> WaitAsync(CancellationToken cancellationToken) => Task.FromResult(0);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Last : IProgress<ImportProgress>
    {
        public ImportProgress? Value { get; private set; }

        public void Report(ImportProgress value) => Value = value;
    }

    private sealed class Writer(string path) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => File.AppendAllText(path, "x");
    }

    private sealed class Stopper(CancellationTokenSource stop) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => stop.Cancel();
    }

    private sealed class FullStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException(new IOException("full"));
    }
}
