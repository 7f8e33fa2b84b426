namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the storage driver is one that containers start quickly with. vfs copies the whole image for each container; devicemapper and
/// aufs are gone from newer engines (Docker's page "Select a storage driver"). overlay2 on XFS made without ftype=1 loses files
/// (moby#27358).
/// </summary>
internal sealed class StorageCheck : INodeCheck
{
    private static readonly string[] Good = ["overlay2", "overlayfs", "fuse-overlayfs", "btrfs", "zfs", "overlay"];

    public string Name => "Storage";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Details is not { } engine)
        {
            return CheckFinding.NoEngine(evidence);
        }

        var found = $"{engine.StorageDriver} at {engine.RootDirectory}";
        return engine.SupportsDType == false
            ? CheckFinding.Failed(
                $"{found}, on a file system without d_type",
                $"Put the engine's {evidence.EngineTerms.DirectoryKey} on ext4, or on XFS made with ftype=1.")
            : Good.Contains(engine.StorageDriver)
                ? CheckFinding.Passed(found)
                : CheckFinding.Warning(
                    found, $"Set {evidence.EngineTerms.StorageSetting} in the engine's configuration; images have to be pulled again.");
    }
}
