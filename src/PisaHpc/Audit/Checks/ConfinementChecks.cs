namespace PisaHpc.Audit.Checks;

/// <summary>Whether the system calls that no program needs are open to it (seccomp(2), the engine's own profile).</summary>
internal sealed class SeccompCheck : IContainerCheck
{
    public string Name => "Seccomp";

    public string About => "seccomp is unconfined";

    public string Benchmark => "5.21";

    public AuditFinding? Examine(AuditedContainer container) => SecurityOption.Find(container, "seccomp", "unconfined") is { } option
        ? AuditFinding.Warning(
            $"{option}: system calls that containers have no use for are open to it",
            "Leave the engine's profile; where a call is missing, as process_vm_readv is, SYS_PTRACE or a profile of one's own opens it.")
        : null;
}

/// <summary>Whether AppArmor is turned off for it; the engine's profile docker-default applies where a node has AppArmor.</summary>
internal sealed class AppArmorCheck : IContainerCheck
{
    public string Name => "AppArmor";

    public string About => "AppArmor is unconfined";

    public string Benchmark => "5.1";

    public AuditFinding? Examine(AuditedContainer container) => SecurityOption.Find(container, "apparmor", "unconfined") is { } option
        ? AuditFinding.Warning(
            $"{option}: no profile keeps it from the node's /proc and /sys", "Leave the engine's own profile.")
        : null;
}

/// <summary>Whether SELinux's separation is turned off for it.</summary>
internal sealed class SelinuxCheck : IContainerCheck
{
    public string Name => "Selinux";

    public string About => "SELinux is disabled for it";

    public string Benchmark => "5.2";

    public AuditFinding? Examine(AuditedContainer container) => SecurityOption.Find(container, "label", "disable") is { } option
        ? AuditFinding.Warning(
            $"{option}: SELinux does not keep it from the node's files and from other containers",
            "Leave its label; label the directories that it mounts.")
        : null;
}

/// <summary>
/// Whether the kernel's own files in /proc and /sys, which an engine hides or has read-only, are open to it (docker-run(1),
/// systempaths=unconfined): root writes there what the kernel of the node runs, such as core_pattern (core(5)).
/// </summary>
internal sealed class MaskedPathsCheck : IContainerCheck
{
    public string Name => "MaskedPaths";

    public string About => "systempaths=unconfined: the kernel's own files are open to it; to root an Error";

    public string Benchmark => "";

    public AuditFinding? Examine(AuditedContainer container) => container.HasOpenSystemPaths
        ? new AuditFinding(
            container.IsRoot ? AuditSeverity.Error : AuditSeverity.Warning,
            $"systempaths=unconfined: the kernel's own files in /proc and /sys are open to it{(container.IsRoot ? ", which is root" : "")}",
            "Start it without.")
        : null;
}

/// <summary>Whether it has namespaces of its node in place of its own; MPI needs none of them (namespaces(7)).</summary>
internal sealed class HostNamespacesCheck : IContainerCheck
{
    public string Name => "HostNamespaces";

    public string About => "the node's pid, ipc, uts or user namespace; pid with root or SYS_PTRACE is an Error";

    public string Benchmark => "5.15, 5.16, 5.20, 5.30";

    public AuditFinding? Examine(AuditedContainer container)
    {
        if (container.HostNamespaces.Count == 0)
        {
            return null;
        }

        var spec = container.Specification;
        var seesAll = container.HostNamespaces.Contains("pid")
            && (container.IsRoot || spec.Privileged || spec.Capabilities.Contains("SYS_PTRACE"));
        return new AuditFinding(
            seesAll ? AuditSeverity.Error : AuditSeverity.Warning,
            $"it has namespaces of the node for its own: {string.Join(", ", container.HostNamespaces)}"
            + (seesAll ? ", and is root among the node's processes" : ""),
            "Start it without; limits.shm gives MPI's shared memory room, and all ranks of a node are in one container.");
    }
}

/// <summary>Security options, which stand with an equals sign or, as before, with a colon (docker-run(1), --security-opt).</summary>
internal static class SecurityOption
{
    /// <summary>An option of a container, with the place that set it; null where it has it not.</summary>
    public static string? Find(AuditedContainer container, string name, string value) =>
        container.Specification.SecurityOptions.FirstOrDefault(option => option == $"{name}={value}" || option == $"{name}:{value}")
            is { } found ? container.Placed(found, $"securityOptions[{found}]") : null;
}
