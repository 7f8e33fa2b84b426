using System.Text;
using PisaHpc.Environments;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Environments;

/// <summary>Host keys of static environments as ssh's files have them.</summary>
public sealed class KnownHostTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-known-hosts-").FullName;

    private string At => Path.Combine(_directory, "known_hosts");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_host_has_a_line_for_its_port_and_a_part_of_a_configuration()
    {
        var host = Host("o2wn01", 1);
        Assert.StartsWith("[o2wn01]:2201 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", host.KnownHosts, StringComparison.Ordinal);
        Assert.Equal("Host o2wn01-cs7\n    HostName o2wn01\n    Port 2201\n    StrictHostKeyChecking yes\n", host.SshConfig);
        Assert.StartsWith("SHA256:", host.Fingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_gets_the_lines_in_place_of_those_that_it_has_for_the_same_hosts_and_keeps_all_others()
    {
        const string Rsa = "[o2wn01]:2201 ssh-rsa AAAA";
        File.WriteAllText(At, $"# ours\n\no2wn01 ssh-ed25519 AAAA\n{Host("o2wn01", 9).KnownHosts}\n{Rsa}\n");
        var file = new KnownHostsFile(At);
        Assert.Single(await file.LackingAsync([Host("o2wn01", 1)], default));

        await file.PutAsync([Host("o2wn01", 1), Host("o2wn02", 2)], default);
        Assert.Equal(
            ["# ours", "", "o2wn01 ssh-ed25519 AAAA", Rsa, Host("o2wn01", 1).KnownHosts, Host("o2wn02", 2).KnownHosts], File.ReadAllLines(At));
        Assert.Empty(await file.LackingAsync([Host("o2wn01", 1), Host("o2wn02", 2)], default));
    }

    [Fact]
    public async Task Other_lines_stay_byte_for_byte()
    {
        byte[] others = [.. "# caf\u00e9, "u8, 0xe9, 0xff, .. "\r\no2wn01 ssh-ed25519 AAAA\r\n"u8];
        File.WriteAllBytes(At, [.. others, .. Encoding.ASCII.GetBytes(Host("o2wn01", 1).KnownHosts + "\r\n")]);
        var file = new KnownHostsFile(At);
        Assert.Empty(await file.LackingAsync([Host("o2wn01", 1)], default));
        await file.PutAsync([Host("o2wn02", 2), Host("o2wn01", 1)], default);
        var lines = $"{Host("o2wn02", 2).KnownHosts}\n{Host("o2wn01", 1).KnownHosts}\n";
        Assert.Equal([.. others, .. Encoding.ASCII.GetBytes(lines)], File.ReadAllBytes(At));
    }

    [Fact]
    public async Task A_line_beside_which_an_older_one_stands_is_a_change_still()
    {
        var file = new KnownHostsFile(At);
        File.WriteAllText(At, $"{Host("o2wn01", 9).KnownHosts}\n{Host("o2wn01", 1).KnownHosts} since last year\n");
        Assert.Single(await file.LackingAsync([Host("o2wn01", 1)], default));

        await file.PutAsync([Host("o2wn01", 1)], default);
        Assert.Equal([Host("o2wn01", 1).KnownHosts], File.ReadAllLines(At));
        Assert.Empty(await file.LackingAsync([Host("o2wn01", 1)], default));
    }

    [Fact]
    public async Task A_link_is_followed_and_its_file_keeps_its_mode_and_nothing_is_left_beside_it()
    {
        var real = Path.Combine(_directory, "real");
        File.WriteAllText(real, "# ours\n");
        await ShAsync($"chmod 660 {real}");
        File.CreateSymbolicLink(At, "real");

        await new KnownHostsFile(At).PutAsync([Host("o2wn01", 1)], default);
        Assert.Equal("real", new FileInfo(At).LinkTarget);
        Assert.Equal(["# ours", Host("o2wn01", 1).KnownHosts], File.ReadAllLines(real));
        Assert.Equal("660\n", await ShAsync($"stat -c %a {real}"));
        Assert.Equal([At, real], Directory.GetFiles(_directory).Order());
    }

    [Fact]
    public async Task A_link_to_a_file_that_is_not_there_yet_makes_that()
    {
        File.CreateSymbolicLink(At, "real");
        await new KnownHostsFile(At).PutAsync([Host("o2wn01", 1)], default);
        Assert.Equal([Host("o2wn01", 1).KnownHosts], File.ReadAllLines(Path.Combine(_directory, "real")));
    }

    [Fact]
    public async Task A_file_of_somebody_else_stays_his()
    {
        File.WriteAllText(At, "");
        await ShAsync($"chown 1:2 {At}");
        await new KnownHostsFile(At).PutAsync([Host("o2wn01", 1)], default);
        Assert.Equal("1:2\n", await ShAsync($"stat -c %u:%g {At}"));
    }

    [Fact]
    public async Task Of_many_that_write_it_at_once_none_is_lost()
    {
        await Task.WhenAll(Enumerable.Range(1, 20).Select(number => Task.Run(async () =>
        {
            var host = Host($"o2wn{number:00}", (byte)number);
            await new KnownHostsFile(At).PutAsync([host], default);
            Assert.Empty(await new KnownHostsFile(At).LackingAsync([host], default));
        })));
        Assert.Equal(20, File.ReadAllLines(At).Length);
        Assert.Equal([At], Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_an_error_that_names_it()
    {
        var file = new KnownHostsFile("/proc/none/known_hosts");
        var failure = await Assert.ThrowsAsync<HpcException>(() => file.PutAsync([Host("o2wn01", 1)], default));
        Assert.Equal((ErrorId.InvalidValue, "/proc/none/known_hosts"), (failure.Id, failure.Target));
    }

    private static async Task<string> ShAsync(string command)
    {
        var result = await new LocalShell("here").RunAsync(["sh", "-c", command], default, CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }

    private static HpcKnownHost Host(string node, byte key)
    {
        byte[] blob = [0, 0, 0, 11, .. "ssh-ed25519"u8, 0, 0, 0, 32, .. Enumerable.Repeat(key, 32)];
        return HpcKnownHost.Of(SiteText.Read(StaticCluster.Declared).StaticNamed("cs7"), node, PisaHpc.Nodes.HostKey.FromBlob(blob)!);
    }
}
