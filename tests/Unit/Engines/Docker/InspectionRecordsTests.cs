using Docker.DotNet.Models;
using PisaHpc.Adapters.Engines.Docker;

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
