using System.Text;
using PisaHpc.Setup;
using PisaHpc.Sites;
using PisaHpc.Unit.SshConfigs;

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
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(Config));
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
        Assert.Equal(Enumerable.Range(22000, 10).Select(port => $"{port}"), Directory.GetFiles(area.Path).Select(file => Path.GetFileName(file)).Order());
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
        Config, expected is null ? null : Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(content), backup, CancellationToken.None);
}
