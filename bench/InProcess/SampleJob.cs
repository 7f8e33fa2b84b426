using System.Globalization;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.HostLists;
using PisaHpc.Jobs;
using PisaHpc.Sites;

namespace PisaHpc.Bench;

/// <summary>The job that is planned and started here, on nodes with irregular names: no two neighbours fold.</summary>
internal static class SampleJob
{
    public const string Image = "registry.lab:5000/pisa/hpc:deb12";

    public static HpcEnvironment Environment { get; } = new() { Name = "debian12", Image = Image };

    public static JobKeys Keys { get; } = new(
        new JobKeyPair("USER PRIVATE\n", "ssh-ed25519 AAAAuser", "SHA256:user"),
        new JobKeyPair("HOST PRIVATE\n", "ssh-ed25519 AAAAhost", "SHA256:host"));

    /// <summary>A list as a batch system may write it: racks, odd numbers, widths that change, names without a number.</summary>
    public static string NodeList(int nodes) => string.Join(',', Enumerable.Range(0, nodes).Select(NameOf));

    /// <summary>The nodes, as many as the list names.</summary>
    public static HpcAllocation Allocation(string list)
    {
        var names = HostList.Expand(list);
        return new HpcAllocation
        {
            JobId = "42",
            Queue = "hpc",
            Owner = new JobOwner { Name = "hpcuser", Uid = 4001, Gid = 4001, Groups = [4001, 5001, 5002] },
            Nodes = [.. names.Select((name, index) => new AllocatedNode(name, 1 + (index % 48)) { Cpus = 1 + (index % 48) })],
        };
    }

    public static JobRequest Request(HpcAllocation allocation) => new()
    {
        Containers = new AllocationPlanRequest { Allocation = allocation, Environment = Environment },
        RunDirectory = "/run/pisahpc",
        TimeToLive = TimeSpan.FromHours(1),
    };

    private static string NameOf(int index)
    {
        var number = ((index * 7L) + (index % 3)).ToString(CultureInfo.InvariantCulture);
        return (index % 4) switch
        {
            0 => $"rack{index % 97}node{number}",
            1 => $"gpu-{number}-ib",
            2 => $"n{number.PadLeft(3 + (index % 4), '0')}x",
            _ => $"login{number}a.cluster.example",
        };
    }
}
