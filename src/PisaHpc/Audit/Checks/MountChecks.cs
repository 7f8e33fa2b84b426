using PisaHpc.Access.Agent;
using PisaHpc.Access.Login;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Audit.Checks;

/// <summary>Whether a container engine can be asked from within it for any other container.</summary>
internal sealed class EngineSocketCheck : IContainerCheck
{
    public string Name => "EngineSocket";

    public string About => "an engine's socket, or a directory with it, is mounted; read-only or not";

    public string Benchmark => "5.31";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var exposed = from mount in container.Specification.Mounts
                      where mount.Source != "/"
                      let socket = SiteAudit.ExposedSocket(container.EngineSocket, mount.Source)
                      where socket is not null
                      select MountWords.Of(container, mount) + (socket == mount.Source ? "" : $", which holds {socket}");
        return MountWords.Join(exposed) is { } words
            ? AuditFinding.Error(
                $"the engine's socket is mounted: {words}; who reaches it is root on the node, read-only or not",
                "Mount only the directories below it that are needed.")
            : null;
    }
}

/// <summary>Whether the whole file system of its node is in it.</summary>
internal sealed class HostRootCheck : IContainerCheck
{
    public string Name => "HostRoot";

    public string About => "the node's / is mounted";

    public string Benchmark => "5.5";

    public AuditFinding? Examine(AuditedContainer container) =>
        container.Specification.Mounts.FirstOrDefault(mount => mount.Source == "/") is { } root
            ? AuditFinding.Error(
                $"the node's / is mounted: {MountWords.Of(container, root)}, its keys and its engine's socket with it",
                "Mount the directories that are needed, each by itself.")
            : null;
}

/// <summary>
/// Whether parts of its node's system are in it: whole directories of it, read-only or not; files below them that it may write; and files
/// that hold what opens other doors.
/// </summary>
internal sealed class SensitivePathsCheck : IContainerCheck
{
    private const string GroupsRemedy =
        "Its init writes there, as systemd does where control groups are of version 1; keep the nodes' kernels mended of CVE-2022-0492.";

    private static readonly string[] Secrets = ["/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/krb5.keytab", "/etc/munge"];

    public string Name => "SensitivePaths";

    public string About => "of /etc, /dev, /proc, /sys, /run, /usr … something is writable, by root or by the user";

    public string Benchmark => "5.5";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var found = (from mount in container.Specification.Mounts
                     where mount.Source != "/" && !OwnMounts.AreJobs(container, mount)
                     let severity = SeverityOf(container, mount)
                     where severity is not null
                     orderby severity descending
                     let said = (mount.ReadOnly ? "" : "writable ") + MountWords.Of(container, mount)
                     select (Severity: severity.Value, Words: said)).ToList();
        return MountWords.Join(found.Select(one => one.Words)) is { } words
            ? new AuditFinding(
                found[0].Severity, $"of the node's system: {words}",
                "Mount the files that are needed, each by itself and read-only (:ro)."
                + (container.Specification.Mounts.Any(mount => OwnMounts.AreGroups(container, mount)) ? " " + GroupsRemedy : ""))
            : null;
    }

    private static AuditSeverity? SeverityOf(AuditedContainer container, ContainerMount mount)
    {
        if (OwnMounts.AreGroups(container, mount))
        {
            return AuditSeverity.Warning;
        }

        var isWhole = SystemPaths.AreWhole(mount.Source);
        if (!mount.ReadOnly && (isWhole || SystemPaths.AreBelow(mount.Source)))
        {
            return (container.IsRoot || container.Specification.Privileged) && SystemPaths.LeadToRoot(mount.Source)
                ? AuditSeverity.Error
                : AuditSeverity.Warning;
        }

        var isSecret = Secrets.Any(secret => SystemPaths.IsIn(mount.Source, secret));
        return isWhole || SystemPaths.HoldSockets(mount.Source) ? AuditSeverity.Warning

            // By it an sshd knows whose account is locked; who logs in cannot read it.
            : isSecret && container.Static is not null ? AuditSeverity.Notice
            : isSecret ? AuditSeverity.Warning
            : null;
    }
}

/// <summary>
/// What else of its node it may write. A job needs its users' directories for that, by their own rights; root writes there as root.
/// </summary>
internal sealed class WritablePathsCheck : IContainerCheck
{
    public string Name => "WritablePaths";

    public string About => "other paths of the node that root may write; that the job's user may write is a Notice";

    public string Benchmark => "";

    public AuditFinding? Examine(AuditedContainer container)
    {
        var writable = from mount in container.Specification.Mounts
                       where !mount.ReadOnly && mount.Source != "/" && !OwnMounts.AreJobs(container, mount)
                       where !SystemPaths.AreWhole(mount.Source) && !SystemPaths.AreBelow(mount.Source)
                       select MountWords.Of(container, mount);
        return MountWords.Join(writable) is { } words
            ? new AuditFinding(
                container.IsRoot ? AuditSeverity.Warning : AuditSeverity.Notice,
                $"writable{(container.IsRoot ? " by root" : "")}: {words}",
                "Mount read-only (:ro) what is only read.")
            : null;
    }
}

/// <summary>Whether what it mounts appears on its node (mount_namespaces(7)).</summary>
internal sealed class SharedMountsCheck : IContainerCheck
{
    public string Name => "SharedMounts";

    public string About => "propagation shared or rshared";

    public string Benchmark => "5.19";

    public AuditFinding? Examine(AuditedContainer container) =>
        MountWords.Join(
            from mount in container.Specification.Mounts
            where mount.Propagation is "shared" or "rshared"
            select MountWords.Of(container, mount)) is { } words
            ? AuditFinding.Warning(
                $"what is mounted in it appears on the node: {words}",
                "propagation: rslave is enough for what the node mounts later, as autofs and CVMFS do.")
            : null;
}

/// <summary>Mounts that the module makes itself, each where it lies on the node.</summary>
internal static class OwnMounts
{
    /// <summary>The directory of the agent's socket, below a job's directory; what begins with a dot there is the hooks' own.</summary>
    public static bool AreAgents(AuditedContainer container, ContainerMount mount) =>
        container.JobId is not null && mount.Source == mount.Target
        && mount.Source.StartsWith(container.RunDirectory.TrimEnd('/') + "/", StringComparison.Ordinal)
        && mount.Source[(container.RunDirectory.TrimEnd('/').Length + 1)..].Split('/') is [[not '.', ..], JobAgent.SocketDirectory];

    /// <summary>That, or the directory of the jobs that are placed into a static environment: each enters its own alone.</summary>
    public static bool AreJobs(AuditedContainer container, ContainerMount mount) =>
        AreAgents(container, mount)
        || (container.Static is { } name && mount.Source == mount.Target
            && mount.Source == JobPlace.DirectoryOf(container.RunDirectory, name));

    /// <summary>The control groups of an image's own init.</summary>
    public static bool AreGroups(AuditedContainer container, ContainerMount mount) =>
        container.Static is not null && mount is { Source: LoginAccess.SystemdGroups, Target: LoginAccess.SystemdGroups, ReadOnly: false };
}

/// <summary>Mounts in words.</summary>
internal static class MountWords
{
    private const int Shown = 5;

    /// <summary>A mount, as <c>docker run -v</c> writes it, with the place that set it.</summary>
    public static string Of(AuditedContainer container, ContainerMount mount) => container.Placed(
        $"{Quote.Name(mount.Source)}{(mount.Target == mount.Source ? "" : ":" + Quote.Name(mount.Target))}{(mount.ReadOnly ? ":ro" : "")}",
        $"mounts[{mount.Target}]");

    /// <summary>The first of them in a line, and how many more there are; null for none.</summary>
    public static string? Join(IEnumerable<string> words)
    {
        var all = words.ToList();
        return all.Count == 0 ? null
            : string.Join("; ", all.Take(Shown)) + (all.Count > Shown ? $"; and {all.Count - Shown} more" : "");
    }
}
