using Docker.DotNet.Models;
using PisaHpc.Adapters.Engines.Docker;
using PisaHpc.Audit;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Engines.Docker;

/// <summary>What of an inspection a specification has no words for.</summary>
public sealed class InspectionRecordsTests
{
    [Fact]
    public void Namespaces_of_the_node_s_and_no_others() => Assert.Equal(
        ["pid", "user"],
        InspectionRecords.Of(Answer(new HostConfig { PidMode = "host", IpcMode = "private", UsernsMode = "host", UTSMode = "" })).HostNamespaces);

    [Fact]
    public void A_container_that_asked_for_nothing_has_none_of_it()
    {
        var inspection = InspectionRecords.Of(Answer(new HostConfig()));
        Assert.Empty(inspection.HostNamespaces);
        Assert.Empty(inspection.Published);
        Assert.Equal("c", inspection.Specification.Name);
    }

    [Fact]
    public void Ports_are_those_on_which_the_node_listens_or_where_it_does_not_run_those_asked_for()
    {
        var host = new HostConfig { PortBindings = Bindings("22/tcp", "127.0.0.1", "") };
        Assert.Equal(["127.0.0.1:0/tcp"], InspectionRecords.Of(Answer(host)).Published.Select(port => port.ToString()));
        var running = Answer(host);
        running.NetworkSettings = new NetworkSettings { Ports = Bindings("22/tcp", "0.0.0.0", "32768") };
        var port = Assert.Single(InspectionRecords.Of(running).Published);
        Assert.Equal((32768, true), (port.Port, port.IsOnAllAddresses));
    }

    [Fact]
    public void What_is_mounted_whoever_asked_for_it_and_what_is_open_of_the_node()
    {
        var answer = Answer(new HostConfig { VolumesFrom = ["other"], DeviceCgroupRules = ["b 8:* rwm"], MaskedPaths = [], ReadonlyPaths = [] });
        answer.Mounts =
        [
            new MountPoint { Type = "bind", Source = "/etc", Destination = "/host/etc", RW = true, Propagation = "rprivate" },
            new MountPoint { Type = "volume", Name = "v", Source = "/var/lib/docker/volumes/v/_data", Destination = "/v", RW = true },
        ];
        var inspection = InspectionRecords.Of(answer);
        Assert.Equal(["/etc:/host/etc:rw,rprivate"], inspection.Mounted.Select(mount => mount.ToString()));
        Assert.Equal(["b 8:* rwm"], inspection.DeviceRules);
        Assert.True(inspection.HasOpenSystemPaths);
        Assert.False(InspectionRecords.Of(Answer(new HostConfig { MaskedPaths = ["/proc/kcore"] })).HasOpenSystemPaths);

        var audited = AuditedContainer.Of("o2wn01", inspection, new HpcSite());
        Assert.Equal(["/etc"], audited.Specification.Mounts.Select(mount => mount.Source));
    }

    [Fact]
    public void Capabilities_are_those_that_the_engine_takes_in_any_case() => Assert.Equal(
        ["SYS_ADMIN", "NET_ADMIN"],
        InspectionRecords.Of(Answer(new HostConfig { CapAdd = ["cap_sys_admin", "net_admin"] })).Specification.Capabilities);

    private static Dictionary<string, IList<PortBinding>> Bindings(string port, string address, string on) =>
        new() { [port] = [new PortBinding { HostIP = address, HostPort = on }] };

    private static ContainerInspectResponse Answer(HostConfig host) => new()
    {
        ID = "f00",
        Name = "/c",
        Image = "sha256:00",
        Created = DateTime.UnixEpoch,
        State = new State { Status = "running", StartedAt = "2027-06-30T00:00:00Z", Error = "" },
        Config = new ContainerConfig { Image = "x/y" },
        HostConfig = host,
    };
}
