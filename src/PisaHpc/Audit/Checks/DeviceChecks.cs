using System.Text.RegularExpressions;

namespace PisaHpc.Audit.Checks;

/// <summary>
/// Whether memory or disks of its node are among its devices, beside every file's permissions: by a path, by a directory that holds some,
/// or by a rule for devices that root makes in it (mknod(2); the numbers are those of the kernel's admin-guide/devices.txt).
/// </summary>
internal sealed partial class SensitiveDevicesCheck : IContainerCheck
{
    public string Name => "SensitiveDevices";

    public string About => "the node's memory or disks, by path, by a directory such as /dev, or by a device rule";

    public string Benchmark => "5.17";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var devices = from device in container.Specification.Devices
                      where IsSensitive(device)
                      select container.Placed(Quote.Name(device), $"deviceFiles[{device}]");
        var rules = from rule in container.DeviceRules
                    where SensitiveRule().IsMatch(rule)
                    select $"rule {Quote.Of(rule)}";
        return MountWords.Join(devices.Concat(rules)) is { } words
            ? AuditFinding.Error($"the node's memory or disks: {words}", "Give it the devices that its programs use, such as /dev/knem.")
            : null;
    }

    private static bool IsSensitive(string device) =>
        device is "/" or "/dev" || (device.Split('/') is ["", "dev", var name, ..] && SensitiveName().IsMatch(name));

    /// <summary>Memory, disks by whatever driver, and directories of names of them.</summary>
    [GeneratedRegex(
        "^(mem|kmem|port|kmsg|mapper|block|char|disk|bsg|raw|zvol|md|drbd|rbd)$|^(sd[a-z]{1,3}|hd[a-z]|vd[a-z]{1,2}|xvd[a-z]{1,2})[0-9]*$"
        + "|^(nvme|loop|dm-|mmcblk)|^(sg|md|nbd|pmem|zd|ng|drbd|rbd|bcache|md_d)[0-9]",
        RegexOptions.CultureInvariant)]
    private static partial Regex SensitiveName();

    /// <summary>All devices, any block device, and of the character devices memory (1), SCSI as it is (21) and raw disks (162).</summary>
    [GeneratedRegex(@"^\s*(a|b\s|c\s+(\*|1|21|162):)", RegexOptions.CultureInvariant)]
    private static partial Regex SensitiveRule();
}
