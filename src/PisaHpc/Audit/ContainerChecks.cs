using PisaHpc.Audit.Checks;

namespace PisaHpc.Audit;

/// <summary>The checks that there are, what gives the whole node away first.</summary>
internal static class ContainerChecks
{
    public static IReadOnlyList<IContainerCheck> All { get; } =
    [
        new PrivilegedCheck(), new EngineSocketCheck(), new HostRootCheck(), new CapabilitiesCheck(), new SensitivePathsCheck(),
        new SensitiveDevicesCheck(), new HostNamespacesCheck(), new RootUserCheck(), new NewPrivilegesCheck(), new SeccompCheck(),
        new AppArmorCheck(), new SelinuxCheck(), new MaskedPathsCheck(), new WritablePathsCheck(), new SharedMountsCheck(),
        new SecretsCheck(), new HostKeysCheck(), new OpenPortsCheck(), new ImageDigestCheck(), new MemoryLimitCheck(), new PidsLimitCheck(),
        new ControlGroupCheck(), new InitCheck(),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(check => check.Name)];
}

/// <summary>A check of a container: it judges what is known of it and asks nobody.</summary>
internal interface IContainerCheck
{
    /// <summary>Its name: a stable word, by which it is chosen and waived.</summary>
    string Name { get; }

    /// <summary>What it finds, in a line.</summary>
    string About { get; }

    /// <summary>The recommendation of the CIS Docker Benchmark, 1.3.1, that asks for the same; empty for none.</summary>
    string Benchmark { get; }

    /// <summary>Judges a container.</summary>
    /// <returns>What is wrong with it; null for nothing.</returns>
    AuditFinding? Examine(AuditedContainer container);
}

/// <summary>What a check has found. No value of a variable is ever in it.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Evidence">What was found.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record AuditFinding(AuditSeverity Severity, string Evidence, string Remedy)
{
    public static AuditFinding Notice(string evidence, string remedy) => new(AuditSeverity.Notice, evidence, remedy);

    public static AuditFinding Warning(string evidence, string remedy) => new(AuditSeverity.Warning, evidence, remedy);

    public static AuditFinding Error(string evidence, string remedy) => new(AuditSeverity.Error, evidence, remedy);
}

/// <summary>How bad a finding of an audit is.</summary>
public enum AuditSeverity
{
    /// <summary>It belongs to what the container is for, and one should know of it.</summary>
    Notice,

    /// <summary>A wall between the container and its node, or between it and others, is lower than it could be.</summary>
    Warning,

    /// <summary>Who gets into the container, or becomes root in it, is root on the node.</summary>
    Error,
}
