using PisaHpc.Devices;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the device files that environments name are there, and whether InfiniBand adapters can be used from user space: a uverbs file
/// for each (ib_uverbs), rdma_cm for all (rdma_ucm), and ports that are active (kernel Documentation/infiniband/user_verbs.rst and
/// ABI/stable/sysfs-class-infiniband).
/// </summary>
internal sealed class DevicesCheck : INodeCheck
{
    public string Name => "Devices";

    public string About => "deviceFiles are there; each adapter has its uverbs file, rdma_cm is there, ports are active";

    public EvidenceKinds Needs => EvidenceKinds.Paths;

    public CheckFinding Examine(NodeEvidence evidence)
    {
        var devices = evidence.Facts.Devices.Where(device => !device.IsManagementOnly).ToArray();
        var missing =
            (from environment in evidence.Request.Environments
             from file in environment.DeviceFiles
             where !file.Optional && evidence.Paths.Missing.Contains(file.Path)
             group environment.Name by file.Path into askers
             select $"{askers.Key} (of {string.Join(", ", askers)})").ToList();
        if (missing.Count > 0)
        {
            return CheckFinding.Failed(
                $"missing: {string.Join("; ", missing)}",
                "Load its driver on the node, or mark it 'optional: true' in the site definition.");
        }

        if (devices.Length == 0)
        {
            return CheckFinding.Skipped("the node has no InfiniBand adapter");
        }

        var withoutVerbs = Names(devices.Where(device => device.Uverbs is null));
        var inactive = devices.Where(device => device.State != "ACTIVE")
            .Select(device => $"{device.Name} port {device.Port} {device.State}");
        var down = string.Join(", ", inactive);
        return withoutVerbs.Length > 0
            ? CheckFinding.Failed(
                $"{withoutVerbs} has no uverbs file in /dev/infiniband", "Load the module on the node: modprobe ib_uverbs.")
            : devices.Any(device => device.RdmaCm is null)
                ? CheckFinding.Warning("there is no /dev/infiniband/rdma_cm", "Load the module on the node: modprobe rdma_ucm.")
                : down.Length > 0
                    ? CheckFinding.Warning(down, "Check cable, switch and subnet manager: ibstat, sminfo.")
                    : CheckFinding.Passed(
                        $"{Names(devices)}: uverbs, rdma_cm, {devices.Length} active {Plural.Noun(devices.Length, "port")}");
    }

    private static string Names(IEnumerable<IbDevice> devices) =>
        string.Join(", ", devices.Select(device => device.Name).Distinct(StringComparer.Ordinal));
}
