using System.Globalization;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether ranks on one node may copy from each other's memory (process_vm_readv(2)). The kernel's module Yama forbids it to siblings from
/// scope 1 on (kernel Documentation/admin-guide/LSM/Yama.rst); UCX and MPICH do not always notice and fail (ucx#3046, mpich#7654), others
/// fall back to copying twice. The engine's seccomp profile allows the calls from kernel 4.8 on. SYS_PTRACE lifts both, but for scope 3.
/// </summary>
internal sealed class PtraceCheck : INodeCheck
{
    private const string Capability = "SYS_PTRACE";
    private const int Locked = 3;
    private static readonly Version SeccompAllowsFrom = new(4, 8);

    public string Name => "Ptrace";

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

        return scope > 0
            ? CheckFinding.Warning(
                $"{found}: ranks of {string.Join(", ", without)} cannot copy from each other",
                $"Set kernel.yama.ptrace_scope=0 on the node, or capabilities: [ {Capability} ] for the environments.")
            : KernelOf(evidence.Facts.Kernel) is { } kernel && kernel < SeccompAllowsFrom
                ? CheckFinding.Warning(
                    $"kernel {evidence.Facts.Kernel}: the engine's seccomp profile forbids process_vm_readv to "
                    + string.Join(", ", without),
                    $"Set capabilities: [ {Capability} ] for the environments.")
                : CheckFinding.Passed(found);
    }

    private static Version? KernelOf(string release)
    {
        var numbers = release.Split('.', '-');
        return numbers.Length > 1 && Version.TryParse($"{numbers[0]}.{numbers[1]}", out var version) ? version : null;
    }
}
