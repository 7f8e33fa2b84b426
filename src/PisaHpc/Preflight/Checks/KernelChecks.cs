using System.Globalization;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether ranks on one node may copy from each other's memory (process_vm_readv(2)). The kernel's module Yama forbids it to siblings from
/// scope 1 on (kernel Documentation/admin-guide/LSM/Yama.rst); UCX and MPICH do not always notice and fail (ucx#3046, mpich#7654), others
/// fall back to copying twice. The engine's seccomp profile allows the calls from Docker 23.0 and kernel 4.8 on (moby#42083). SYS_PTRACE
/// lifts both, but for scope 3.
/// </summary>
internal sealed class PtraceCheck : INodeCheck
{
    private const string Capability = "SYS_PTRACE";
    private const int Locked = 3;
    private static readonly Version KernelAllowsFrom = new(4, 8);
    private static readonly Version EngineAllowsFrom = new(23, 0);

    public string Name => "Ptrace";

    public string About => "ranks may copy from each other's memory: Yama, seccomp, SYS_PTRACE";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        var scope = evidence.Facts.Sysctl.TryGetValue("kernel/yama/ptrace_scope", out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var without = evidence.Request.Environments.Where(environment => !environment.Capabilities.Any(name => name is Capability or "ALL"))
            .Select(environment => environment.Name).ToList();
        var found = text is null ? "the kernel has no Yama" : $"kernel.yama.ptrace_scope is {scope}";
        if (scope == Locked)
        {
            return CheckFinding.Warning(
                $"{found}: nobody may, whatever his capabilities", "Set kernel.yama.ptrace_scope=0; the node has to be booted for it.");
        }

        if (without.Count == 0)
        {
            return CheckFinding.Passed($"{found}; every environment adds {Capability}");
        }

        if (scope > 0)
        {
            return CheckFinding.Warning(
                $"{found}: ranks of {string.Join(", ", without)} cannot copy from each other",
                $"Set kernel.yama.ptrace_scope=0 on the node, or capabilities: [ {Capability} ] for the environments.");
        }

        return ForbiddenBy(evidence) is { } old
            ? CheckFinding.Warning(
                $"{old}: the engine's seccomp profile forbids process_vm_readv to {string.Join(", ", without)}",
                $"Set capabilities: [ {Capability} ] for the environments.")
            : CheckFinding.Passed(found);
    }

    /// <summary>What is too old for the engine's profile to allow the calls; null where nothing is.</summary>
    private static string? ForbiddenBy(NodeEvidence evidence)
    {
        if (VersionOf(evidence.Facts.Kernel) is { } kernel && kernel < KernelAllowsFrom)
        {
            return $"kernel {evidence.Facts.Kernel}";
        }

        return evidence.Engine is { } engine && VersionOf(engine.Version) is { } version && version < EngineAllowsFrom
            ? $"engine {engine.Version}"
            : null;
    }

    private static Version? VersionOf(string release)
    {
        var numbers = release.Split('.', '-');
        return numbers.Length > 1 && Version.TryParse($"{numbers[0]}.{numbers[1]}", out var version) ? version : null;
    }
}

/// <summary>
/// Whether the kernel hands out memory that is not there yet. With vm.overcommit_memory 2 it does not (proc_sys_vm(5)): a rank that holds
/// half of the memory cannot fork, and large shared mappings fail, though most of the memory is free.
/// </summary>
internal sealed class OvercommitCheck : INodeCheck
{
    public string Name => "Overcommit";

    public string About => "vm.overcommit_memory is not 2";

    public CheckFinding Examine(NodeEvidence evidence) => evidence.Facts.Sysctl.GetValueOrDefault("vm/overcommit_memory") switch
    {
        null => CheckFinding.Skipped("the node does not tell its vm.overcommit_memory"),
        "2" => CheckFinding.Warning("vm.overcommit_memory is 2: large programs cannot fork", "Set vm.overcommit_memory=0 on the node."),
        var mode => CheckFinding.Passed($"vm.overcommit_memory is {mode}"),
    };
}

/// <summary>
/// Whether the kernel's table of neighbours has room for all nodes of the site. Beyond gc_thresh3, 1024 by default, connections of large
/// jobs fail with "neighbour: arp_cache: neighbor table overflow!" (arp(7)). IPoIB and Ethernet neighbours count each.
/// </summary>
internal sealed class NeighboursCheck : INodeCheck
{
    public string Name => "Neighbours";

    public string About => "the kernel's neighbour table holds all nodes of the site";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        var nodes = evidence.Request.SiteNodes;
        var setting = evidence.Facts.Sysctl.GetValueOrDefault("net/ipv4/neigh/default/gc_thresh3");
        if (!int.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out var most))
        {
            return CheckFinding.Skipped("the node does not tell its gc_thresh3; a network namespace has none");
        }

        var found = $"gc_thresh3 is {most}, the site has {Plural.Of(nodes, "node")}";
        return nodes < most
            ? CheckFinding.Passed(found)
            : CheckFinding.Warning(
                found, $"Set net.ipv4.neigh.default.gc_thresh3={4 * nodes}, gc_thresh2={2 * nodes} and gc_thresh1={nodes} on the node.");
    }
}
