namespace PisaHpc.Audit.Checks;

/// <summary>Whether it has every capability and every device of its node, and no confinement (docker-run(1), --privileged).</summary>
internal sealed class PrivilegedCheck : IContainerCheck
{
    public string Name => "Privileged";

    public string About => "it is privileged";

    public string Benchmark => "5.4";

    public AuditFinding? Examine(AuditedContainer container) => container.Specification.Privileged
        ? AuditFinding.Error(
            container.Placed("it is privileged: who becomes root in it is root on the node", "privileged"),
            "Start it without; capabilities, devices and limits.memlock are what MPI needs.")
        : null;
}

/// <summary>Capabilities beyond those of a plain process (capabilities(7)), and those that an engine gives when none is dropped.</summary>
internal sealed class CapabilitiesCheck : IContainerCheck
{
    /// <summary>With each of these root leaves its container: mounts, modules, memory, files by their handle.</summary>
    private static readonly string[] AsGoodAsRoot = ["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF", "MAC_ADMIN"];

    private static readonly string[] Sensitive =
    [
        "SYS_PTRACE", "NET_ADMIN", "SYS_BOOT", "SYS_TIME", "SYSLOG", "PERFMON", "MAC_OVERRIDE", "CHECKPOINT_RESTORE", "LINUX_IMMUTABLE",
        "AUDIT_CONTROL",
    ];

    public string Name => "Capabilities";

    public string About => "SYS_ADMIN, SYS_PTRACE and others by which one looks beyond one's own; or none is dropped";

    public string Benchmark => "5.3";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var spec = container.Specification;
        if (spec.Capabilities.Intersect(AsGoodAsRoot).ToList() is { Count: > 0 } powerful)
        {
            return AuditFinding.Error(
                $"as good as root on the node: {Words(container, powerful.Concat(spec.Capabilities.Intersect(Sensitive)))}",
                "Add only what the software needs; SYS_PTRACE is enough for MPI's shared memory.");
        }

        if (spec.Capabilities.Intersect(Sensitive).ToList() is { Count: > 0 } sensitive)
        {
            return AuditFinding.Warning(
                $"sensitive: {Words(container, sensitive)}", "Add only what the software needs, and waive it with the reason.");
        }

        return spec.Privileged || spec.CapabilitiesDropped.Contains("ALL") ? null : AuditFinding.Notice(
            "none is dropped: it has what the engine gives by itself, NET_RAW, MKNOD and SETFCAP among it",
            "Drop ALL, and add those that it needs.");
    }

    private static string Words(AuditedContainer container, IEnumerable<string> capabilities) => string.Join(
        "; ", capabilities.Select(capability => container.Placed(capability, $"capabilities[{capability}]")));
}

/// <summary>
/// Whether its main process is root's. An sshd that lets users in has to be: it becomes the user, and few capabilities are all it needs.
/// </summary>
internal sealed class RootUserCheck : IContainerCheck
{
    public string Name => "RootUser";

    public string About => "its main process is root's; of a static environment's sshd with its few capabilities a Notice";

    public string Benchmark => "4.1";

    public AuditFinding? Examine(AuditedContainer container)
    {
        if (!container.IsRoot)
        {
            return null;
        }

        var isConfined = container.Specification.CapabilitiesDropped.Contains("ALL");
        return container.Static is not null && isConfined
            ? AuditFinding.Notice(
                "its sshd is root's, to become the user who logs in, and has the capabilities that this takes",
                "Nothing, as long as root himself cannot log in; node's files that it writes would be root's.")
            : AuditFinding.Warning(
                $"it runs as root{(container.Specification.User.Length > 0 ? "" : ", since neither it nor its image names a user")}",
                "Run it as the user whose work it does: user and group by number.");
    }
}

/// <summary>Whether a setuid program of the image makes its user root in it (no_new_privs, prctl(2)).</summary>
internal sealed class NewPrivilegesCheck : IContainerCheck
{
    public string Name => "NewPrivileges";

    public string About => "no-new-privileges is missing";

    public string Benchmark => "5.25";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var option = container.Specification.SecurityOptions
            .LastOrDefault(option => option.StartsWith("no-new-privileges", StringComparison.Ordinal));
        return option is null || option.EndsWith("false", StringComparison.Ordinal)
            ? AuditFinding.Warning(
                option is null ? "without no-new-privileges setuid programs of the image make its user root in it"
                    : container.Placed($"{option}: setuid programs of the image make its user root in it", $"securityOptions[{option}]"),
                "Keep no-new-privileges among the security options.")
            : null;
    }
}
