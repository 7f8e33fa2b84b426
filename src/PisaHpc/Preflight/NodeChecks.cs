using PisaHpc.Preflight.Checks;

namespace PisaHpc.Preflight;

/// <summary>The checks that there are, in the order in which a node fails: what is above has to be right for what is below.</summary>
internal static class NodeChecks
{
    public static IReadOnlyList<INodeCheck> All { get; } =
    [
        new SshCheck(), new ClockCheck(), new EngineCheck(), new StorageCheck(), new DiskCheck(), new CgroupCheck(), new RegistryCheck(),
        new MemlockCheck(), new OpenFilesCheck(), new ShmCheck(), new DevicesCheck(), new MountsCheck(), new RunDirectoryCheck(),
        new PortAreaCheck(), new PortRangeCheck(), new UsersCheck(), new PtraceCheck(), new OvercommitCheck(), new NeighboursCheck(),
    ];
}
