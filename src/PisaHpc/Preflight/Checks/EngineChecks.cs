using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the engine answers, in a version of its API that the module speaks. One that took too long may be slow, at its first use or
/// under load, and no job need fail of it: that is a warning.
/// </summary>
internal sealed class EngineCheck : INodeCheck
{
    public string Name => "Engine";

    public string About => "the engine answers in a version that is spoken here";

    public CheckFinding Examine(NodeEvidence evidence) => evidence.EngineFailure switch
    {
        null => CheckFinding.Passed(
            $"{evidence.Request.Site.Nodes.EngineAdministration.Name} {evidence.Engine?.Version}, API {evidence.Engine?.ApiVersion}"),
        { Id: ErrorId.EngineTimeout } late => CheckFinding.Warning(
            $"{late.Id}: {late.Message}",
            $"Ask again. If it stays so, see what keeps the engine: the node's load, and its log: {evidence.EngineTerms.LogCommand}."),
        var failure => CheckFinding.Failed(
            $"{failure.Id}: {failure.Message}",
            failure.RecommendedAction
            ?? $"Check the engine on the node: {evidence.EngineTerms.StatusCommand}; {evidence.EngineTerms.LogCommand}."),
    };
}

/// <summary>
/// Whether the storage driver is one that containers start quickly with. vfs copies the whole image for each container; devicemapper and
/// aufs are gone from newer engines (Docker's page "Select a storage driver"). overlay2 on XFS made without ftype=1 loses files
/// (moby#27358).
/// </summary>
internal sealed class StorageCheck : INodeCheck
{
    private static readonly string[] Good = ["overlay2", "overlayfs", "fuse-overlayfs", "btrfs", "zfs", "overlay"];

    public string Name => "Storage";

    public string About => "the storage driver does not copy images, and its file system has d_type";

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

/// <summary>
/// Whether there is room for images: bytes as the site asks for (preflight.freeDisk), and inodes, of which an image takes one a file.
/// </summary>
internal sealed class DiskCheck : INodeCheck
{
    /// <summary>Below this part of what the site asks for, the next pull fails.</summary>
    private const int Critical = 4;

    private const double LeastInodes = 0.05;

    public string Name => "Disk";

    public string About => "preflight.freeDisk is free for images, with inodes";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Details is not { } engine)
        {
            return CheckFinding.NoEngine(evidence);
        }

        if (evidence.Facts.FreeDiskBytes is not { } free)
        {
            return CheckFinding.Skipped($"df does not know {engine.RootDirectory}");
        }

        var remedy = $"Remove images that no environment uses: {evidence.EngineTerms.PruneCommand}, "
            + $"or give the engine's {evidence.EngineTerms.DirectoryKey} a larger file system.";
        var wanted = evidence.Request.Site.Preflight.FreeDiskBytes;
        var found = $"{ByteSize.Words(free)} free at {engine.RootDirectory}, {ByteSize.Words(wanted)} wanted";
        return free < wanted / Critical ? CheckFinding.Failed(found, remedy)
            : free < wanted ? CheckFinding.Warning(found, remedy)
            : evidence.Facts.FreeInodes is < LeastInodes and var inodes
                ? CheckFinding.Warning($"{(int)(100 * inodes)}% of the inodes free at {engine.RootDirectory}", remedy)
                : CheckFinding.Passed(found);
    }
}

/// <summary>
/// Whether the node's control groups can hold the limits that environments ask for. Version 1 does, and is on its way out: systemd 258 has
/// none of it, and newer engines warn of it (Docker's page on deprecated features).
/// </summary>
internal sealed class CgroupCheck : INodeCheck
{
    public string Name => "Cgroup";

    public string About => "version 2; the controllers for the limits that environments set";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Details is not { } engine)
        {
            return CheckFinding.NoEngine(evidence);
        }

        var found = $"version {(engine.CgroupVersion is { } version ? $"{version}" : "unknown")}, made by {engine.CgroupDriver}";
        var limits = evidence.Request.Environments.Select(environment => environment.Limits).ToList();
        var missing = new[]
        {
            engine.LimitsMemory || !limits.Exists(limit =>
                limit.Bounds == JobLimits.Required || limit.MemoryBytes is not null || limit.MemoryPerSlotBytes is not null)
                ? null
                : "memory",
            engine.LimitsCpu || !limits.Exists(limit => limit.CpusFromSlots) ? null : "cpus",
            engine.LimitsPids || !limits.Exists(limit => limit.Pids is not null) ? null : "pids",
        }.OfType<string>().ToList();
        return missing.Count > 0
            ? CheckFinding.Failed(
                $"{found}; the kernel cannot limit {string.Join(", ", missing)}, which environments ask for",
                "Boot with the controllers on (cgroup_enable=memory swapaccount=1), or leave the limits out of the site definition.")
            : !engine.LimitsMemory && limits.Exists(limit => limit.Bounds == JobLimits.Known)
            ? CheckFinding.Warning(
                $"{found}; the kernel cannot limit memory: jobs whose batch system tells how much theirs is do not start here",
                "Boot with the controller on (cgroup_enable=memory swapaccount=1), or set limits.fromJob: none in the site definition.")
            : engine.CgroupVersion == 1
                ? CheckFinding.Warning(found, "Boot the node with systemd.unified_cgroup_hierarchy=1 when its next reinstallation is due.")
                : CheckFinding.Passed(found);
    }
}
