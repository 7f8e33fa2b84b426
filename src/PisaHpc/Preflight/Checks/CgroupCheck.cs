namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the node's control groups can hold the limits that environments ask for. Version 1 does, and is on its way out: systemd 258 has
/// none of it, and newer engines warn of it (Docker's page on deprecated features).
/// </summary>
internal sealed class CgroupCheck : INodeCheck
{
    public string Name => "Cgroup";

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
            engine.LimitsMemory || !limits.Exists(limit => limit.MemoryBytes is not null || limit.MemoryPerSlotBytes is not null)
                ? null
                : "memory",
            engine.LimitsCpu || !limits.Exists(limit => limit.CpusFromSlots) ? null : "cpus",
            engine.LimitsPids || !limits.Exists(limit => limit.Pids is not null) ? null : "pids",
        }.OfType<string>().ToList();
        return missing.Count > 0
            ? CheckFinding.Failed(
                $"{found}; the kernel cannot limit {string.Join(", ", missing)}, which environments ask for",
                "Boot with the controllers on (cgroup_enable=memory swapaccount=1), or leave the limits out of the site definition.")
            : engine.CgroupVersion == 1
                ? CheckFinding.Warning(found, "Boot the node with systemd.unified_cgroup_hierarchy=1 when its next reinstallation is due.")
                : CheckFinding.Passed(found);
    }
}
