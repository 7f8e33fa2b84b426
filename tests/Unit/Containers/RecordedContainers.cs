using System.Text.Json;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Containers;

/// <summary>
/// The containers of a job that an earlier version started, with labels of schema 1: as docker inspect showed them on two nodes of a lab.
/// </summary>
internal static class RecordedContainers
{
    public const string JobId = "recorded-4711";

    public const string FirstLabels =
        """
        {
          "pisahpc.attempt": "a551e8bc", "pisahpc.directory": "/run/pisahpc/recorded-4711", "pisahpc.environment": "debian12",
          "pisahpc.job": "recorded-4711", "pisahpc.mpi": "OpenMpi", "pisahpc.node": "o2wn01", "pisahpc.nodes": "o2wn01*32 o2wn02*24",
          "pisahpc.owner": "hpcuser", "pisahpc.port": "22735", "pisahpc.port-area": "/var/lib/pisahpc-lab/shared/ports",
          "pisahpc.queue": "hpc", "pisahpc.ready-timeout": "60", "pisahpc.scheduler": "Manual", "pisahpc.schema": "1",
          "pisahpc.slots": "32"
        }
        """;

    public const string SecondLabels =
        """
        {
          "pisahpc.attempt": "a551e8bc", "pisahpc.directory": "/run/pisahpc/recorded-4711", "pisahpc.environment": "debian12",
          "pisahpc.job": "recorded-4711", "pisahpc.mpi": "OpenMpi", "pisahpc.node": "o2wn02", "pisahpc.nodes": "o2wn01*32 o2wn02*24",
          "pisahpc.owner": "hpcuser", "pisahpc.port": "22735", "pisahpc.port-area": "/var/lib/pisahpc-lab/shared/ports",
          "pisahpc.queue": "hpc", "pisahpc.ready-timeout": "60", "pisahpc.scheduler": "Manual", "pisahpc.schema": "1",
          "pisahpc.slots": "24"
        }
        """;

    public static EngineContainer First => Of(FirstLabels);

    public static EngineContainer Second => Of(SecondLabels);

    private static EngineContainer Of(string labels) => new()
    {
        Id = "4a",
        Name = "pisahpc-recorded-4711-a551e8bc",
        Image = "registry.lab:5000/pisa/hpc:deb12@sha256:918db1875d83799515b1d157d39dc05bf3a026bc0773fc118f19e9f08c2051e5",
        State = ContainerState.Running,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = JsonSerializer.Deserialize<Dictionary<string, string>>(labels)!,
    };
}
