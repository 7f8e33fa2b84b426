using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Devices;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Containers;

/// <summary>Requests that plans are made from, as the source's job has them: 32 slots on o2wn01, 24 on o2wn02.</summary>
internal static class PlanRequests
{
    public static readonly JobOwner Owner = new() { Name = "hpcuser", Uid = 4001, Gid = 4001, Groups = [4001, 5001, 5002] };

    public static readonly HpcAllocation Allocation = new()
    {
        JobId = "42",
        BatchSystem = Scheduler.Lsf,
        Queue = "hpc",
        Owner = Owner,
        Nodes = [new("o2wn01", 32) { Cpus = 32 }, new("o2wn02", 24) { Cpus = 24 }],
    };

    public static readonly Workload Job = Workload.Of(Allocation);

    /// <summary>A static environment on the same nodes.</summary>
    public static readonly Workload Static = new() { Id = WorkloadId.StaticEnvironment("cs7"), Owner = Owner, Nodes = Allocation.Nodes };

    public static readonly JobSshConfig Ssh = new()
    {
        JobId = "42",
        Port = 22042,
        User = "hpcuser",
        Nodes = ["o2wn01", "o2wn02"],
        Directory = "/run/pisahpc/42",
        KeyFingerprint = "SHA256:user",
        HostKeyFingerprint = "SHA256:host",
    };

    public static readonly HpcEnvironment Environment = new() { Name = "debian12", Image = "registry.lab:5000/pisa/hpc:deb12" };

    public static PlanRequest For(HpcEnvironment environment, params string[] missing) => new()
    {
        Environment = environment,
        Workload = Job,
        Node = Allocation.Nodes[0],
        Facts = new NodeFacts
        {
            Node = "o2wn01",
            Cpus = 64,
            MissingPaths = missing.ToHashSet(),
            ListeningPorts = new HashSet<int>(),
            Devices = [Adapter("mlx5_0", 0), Adapter("mlx5_1", 1)],
        },
        Access = SshAccess.Of(Ssh),
        Attempt = "0123abcd",
    };

    public static IbDevice Adapter(string name, int number, string node = "o2wn01") => new()
    {
        Node = node,
        Name = name,
        Port = 1,
        State = "ACTIVE",
        LinkLayer = "InfiniBand",
        Uverbs = $"/dev/infiniband/uverbs{number}",
        Umad = $"/dev/infiniband/umad{number}",
        Issm = $"/dev/infiniband/issm{number}",
        RdmaCm = "/dev/infiniband/rdma_cm",
    };
}
