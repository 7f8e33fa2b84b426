using PisaHpc.Environments;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Environments;

/// <summary>Host keys of static environments as ssh's files have them.</summary>
public sealed class KnownHostTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_host_has_a_line_for_its_port_and_a_part_of_a_configuration()
    {
        var host = Host("o2wn01", 1);
        Assert.StartsWith("[o2wn01]:2201 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", host.KnownHosts, StringComparison.Ordinal);
        Assert.Equal("Host o2wn01-cs7\n    HostName o2wn01\n    Port 2201\n    StrictHostKeyChecking yes\n", host.SshConfig);
        Assert.StartsWith("SHA256:", host.Fingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_gets_the_lines_in_place_of_those_that_it_has_for_the_same_hosts_and_keeps_all_others()
    {
        File.WriteAllText(_path, $"# ours\no2wn01 ssh-ed25519 AAAA\n{Host("o2wn01", 9).KnownHosts}\n");
        var file = new KnownHostsFile(_path);
        Assert.False(file.Has(Host("o2wn01", 1)));

        file.Put([Host("o2wn01", 1), Host("o2wn02", 2)]);
        Assert.Equal(
            ["# ours", "o2wn01 ssh-ed25519 AAAA", Host("o2wn01", 1).KnownHosts, Host("o2wn02", 2).KnownHosts], File.ReadAllLines(_path));
        Assert.True(file.Has(Host("o2wn02", 2)));
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_an_error_that_names_it()
    {
        var failure = Assert.Throws<HpcException>(() => new KnownHostsFile("/proc/none/known_hosts").Put([Host("o2wn01", 1)]));
        Assert.Equal((ErrorId.InvalidValue, "/proc/none/known_hosts"), (failure.Id, failure.Target));
    }

    private static HpcKnownHost Host(string node, byte key)
    {
        byte[] blob = [0, 0, 0, 11, .. "ssh-ed25519"u8, 0, 0, 0, 32, .. Enumerable.Repeat(key, 32)];
        return HpcKnownHost.Of(SiteText.Read(StaticCluster.Declared).StaticNamed("cs7"), node, PisaHpc.Nodes.HostKey.FromBlob(blob)!);
    }
}
