using System.Diagnostics;
using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Unit.Access.Ssh;

namespace PisaHpc.Unit.Setup;

/// <summary>The scripts that change a node's files, in a real shell.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class NodeFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-setup-").FullName;
    private readonly NodeFiles _files = new(new LocalShell("o2wn01"));

    private string Config => Path.Combine(_directory, "docker", "daemon.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_file_is_put_where_none_is_with_its_directory()
    {
        await PutAsync(null, "{}\n");
        Assert.Equal("{}\n", await File.ReadAllTextAsync(Config));
        Assert.Equal("644", Convert.ToString((int)File.GetUnixFileMode(Config), 8));
        Assert.Equal([Config], Directory.GetFiles(Path.GetDirectoryName(Config)!));
    }

    [Fact]
    public async Task The_old_file_is_kept_and_its_mode_stays()
    {
        await PutAsync(null, "old");
        File.SetUnixFileMode(Config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await PutAsync("old", "new", Config + ".kept");
        Assert.Equal(("new", "old"), (await File.ReadAllTextAsync(Config), await File.ReadAllTextAsync(Config + ".kept")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Config));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("something else")]
    public async Task What_somebody_changed_meanwhile_is_not_overwritten(string? expected)
    {
        await PutAsync(null, "an admin's");
        var failure = await Assert.ThrowsAsync<HpcException>(() => PutAsync(expected, "new"));
        Assert.Contains("changed meanwhile", failure.Message, StringComparison.Ordinal);
        Assert.Equal("an admin's", await File.ReadAllTextAsync(Config));
        Assert.Equal([Config], Directory.GetFiles(Path.GetDirectoryName(Config)!));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("an admin's")]
    public async Task An_input_that_is_cut_replaces_nothing(string? standing)
    {
        if (standing is not null)
        {
            await PutAsync(null, standing);
        }

        var cut = new NodeFiles(new CutConnection(new LocalShell("o2wn01")));
        var failure = await Assert.ThrowsAsync<HpcException>(() => cut.PutAsync(
            Config, [Bytes(standing)], Encoding.UTF8.GetBytes("{ \"a\": 1 }"), backup: null, marker: null, CancellationToken.None));
        Assert.Contains("broke before all of it had come", failure.Message, StringComparison.Ordinal);
        Assert.Equal(standing, File.Exists(Config) ? await File.ReadAllTextAsync(Config) : null);
        Assert.Equal(standing is null ? [] : [Config], Directory.GetFiles(Path.GetDirectoryName(Config)!));
    }

    [Fact]
    public async Task A_writer_that_is_ended_leaves_nothing()
    {
        await PutAsync(null, "old");
        var held = new HeldConnection();
        using var stop = new CancellationTokenSource();
        var put = new NodeFiles(held).PutAsync(Config, [Bytes("old")], Bytes("new")!, backup: null, marker: null, stop.Token);
        while (Directory.GetFiles(Path.GetDirectoryName(Config)!).Length < 2)
        {
            await Task.Yield();
        }

        await held.EndAsync("TERM");
        await Assert.ThrowsAsync<HpcException>(() => put);
        Assert.Equal([Config], Directory.GetFiles(Path.GetDirectoryName(Config)!));
        Assert.Equal("old", await File.ReadAllTextAsync(Config));
    }

    [Fact]
    public async Task Either_of_two_files_may_be_expected()
    {
        await PutAsync(null, "one");
        await _files.PutAsync(Config, [Bytes("two"), Bytes("one")], Bytes("three")!, backup: null, marker: null, CancellationToken.None);
        Assert.Equal("three", await File.ReadAllTextAsync(Config));
    }

    [Fact]
    public async Task A_symbolic_link_stays_one()
    {
        var target = Path.Combine(_directory, "managed.json");
        await File.WriteAllTextAsync(target, "old");
        Directory.CreateDirectory(Path.GetDirectoryName(Config)!);
        File.CreateSymbolicLink(Config, target);
        await PutAsync("old", "new");
        Assert.Equal(("new", target), (await File.ReadAllTextAsync(target), new FileInfo(Config).LinkTarget));
    }

    [Fact]
    public async Task A_port_area_is_made_and_a_port_that_is_leased_stays_as_it_is()
    {
        var area = new PortAreaDefinition(Path.Combine(_directory, "ports"), 22000, 22009, TimeSpan.FromDays(1));
        Directory.CreateDirectory(area.Path);
        await File.WriteAllTextAsync(Path.Combine(area.Path, "22003"), "a lease");
        await _files.MakePortAreaAsync(area, CancellationToken.None);
        Assert.Equal(
            Enumerable.Range(22000, 10).Select(port => $"{port}"),
            Directory.GetFiles(area.Path).Select(file => Path.GetFileName(file)).Order());
        Assert.Equal("a lease", await File.ReadAllTextAsync(Path.Combine(area.Path, "22003")));
    }

    [Fact]
    public async Task Nodes_that_make_the_same_area_at_a_time_make_one()
    {
        var area = new PortAreaDefinition(Path.Combine(_directory, "ports"), 22000, 22499, TimeSpan.FromDays(1));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _files.MakePortAreaAsync(area, CancellationToken.None)));
        Assert.Equal(500, Directory.GetFiles(area.Path).Length);
        Assert.Equal("755", Convert.ToString((int)File.GetUnixFileMode(area.Path), 8));
        Assert.Equal("644", Convert.ToString((int)File.GetUnixFileMode(Path.Combine(area.Path, "22000")), 8));
    }

    [Fact]
    public async Task An_area_whose_file_system_is_not_there_is_not_made()
    {
        var area = new PortAreaDefinition(Path.Combine(_directory, "gpfs", "ports"), 22000, 22001, TimeSpan.FromDays(1));
        await Assert.ThrowsAsync<HpcException>(() => _files.MakePortAreaAsync(area, CancellationToken.None));
        Assert.False(Directory.Exists(Path.Combine(_directory, "gpfs")));
    }

    private Task PutAsync(string? expected, string content, string? backup = null) => _files.PutAsync(
        Config, [Bytes(expected)], Encoding.UTF8.GetBytes(content), backup, marker: null, CancellationToken.None);

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    /// <summary>A connection that breaks after half of the input: the command reads the end of file.</summary>
    private sealed class CutConnection(INodeConnection inner) : INodeConnection
    {
        public string Node => inner.Node;

        public Task<NodeCommandResult> RunAsync(
            IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
            inner.RunAsync(arguments, input[..(input.Length / 2)], cancellationToken);

        public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    /// <summary>A connection over which half of the input comes, and then nothing until a signal ends the command's group.</summary>
    private sealed class HeldConnection : INodeConnection
    {
        private Process? _process;

        public string Node => "o2wn01";

        public async Task<NodeCommandResult> RunAsync(
            IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
        {
            _process = LocalShell.Start(["setsid", .. arguments]);
            await _process.StandardInput.BaseStream.WriteAsync(input[..1], cancellationToken);
            await _process.StandardInput.BaseStream.FlushAsync(cancellationToken);
            await _process.WaitForExitAsync(cancellationToken);
            return new NodeCommandResult(_process.ExitCode, default, await _process.StandardError.ReadToEndAsync(cancellationToken));
        }

        /// <summary>
        /// Signals the command's group until it has ended: between fork(2) and exec(2) a shell takes a signal for its own and forgets it.
        /// </summary>
        public async Task EndAsync(string signal)
        {
            while (!_process!.HasExited)
            {
                using var kill = LocalShell.Start(["kill", $"-{signal}", "--", $"-{_process.Id}"]);
                await kill.WaitForExitAsync();
                await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromMilliseconds(100)));
            }
        }

        public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
