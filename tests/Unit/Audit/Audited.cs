using PisaHpc.Audit;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Audit;

/// <summary>Containers to be audited.</summary>
internal static class Audited
{
    public const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>A job's container in which no check finds anything.</summary>
    public static AuditedContainer Clean { get; } = new()
    {
        Kind = AuditedKind.Container,
        Node = "o2wn01",
        Name = "pisahpc-4711-a551e8bc",
        JobId = "4711",
        Environment = "debian12",
        Specification = new ContainerSpec
        {
            Name = "pisahpc-4711-a551e8bc",
            Image = $"registry.lab:5000/pisa/hpc:deb12@{Digest}",
            Command = ["/usr/sbin/sshd", "-D"],
            Network = NetworkMode.Bridge,
            User = "4001:4001",
            Environment = new Dictionary<string, string> { ["OMP_NUM_THREADS"] = "1", ["PWD"] = "/home/alice" },
            Mounts = [new("/etc/passwd", "/etc/passwd", ReadOnly: true), new("/cvmfs", "/cvmfs", ReadOnly: true, "rslave")],
            Devices = ["/dev/infiniband/uverbs0", "/dev/knem"],
            MemoryBytes = 1L << 30,
            Pids = 4096,
            SecurityOptions = ["no-new-privileges"],
            CgroupParent = "/slurm/uid_4001/job_4711",
        },
    };

    /// <summary>The same but for its specification.</summary>
    public static AuditedContainer With(Func<ContainerSpec, ContainerSpec> change) => Clean with { Specification = change(Clean.Specification) };

    /// <summary>The same with a mount more, as <c>docker run -v</c> writes it.</summary>
    public static AuditedContainer Mounting(string mount, string user = "4001:4001")
    {
        var parts = mount.Split(':');
        var options = parts is [_, _, var last] ? last.Split(',') : [];
        var propagation = options.FirstOrDefault(option => option is not ("ro" or "rw"));
        var one = new ContainerMount(parts[0], parts.Length > 1 ? parts[1] : parts[0], options.Contains("ro"), propagation);
        return With(spec => spec with { User = user, Mounts = [.. spec.Mounts, one] });
    }

    /// <summary>What a check finds.</summary>
    public static AuditFinding? Examine(string check, AuditedContainer container) =>
        ContainerChecks.All.Single(one => one.Name == check).Examine(container);
}
