using PisaHpc.Preflight.Checks;

namespace PisaHpc.Preflight;

/// <summary>The checks that there are, in the order in which a node fails: what is above has to be right for what is below.</summary>
internal static class NodeChecks
{
    public static IReadOnlyList<INodeCheck> All { get; } =
    [
        new SshCheck(), new ClockCheck(), new EngineCheck(), new StorageCheck(), new DiskCheck(), new CgroupCheck(), new RegistryCheck(),
        new MemlockCheck(), new OpenFilesCheck(), new ShmCheck(), new DevicesCheck(), new MountsCheck(), new RunDirectoryCheck(),
        new PortAreaCheck(), new PortRangeCheck(), new RecordsCheck(), new UsersCheck(), new PtraceCheck(), new OvercommitCheck(),
        new NeighboursCheck(),
    ];
}

/// <summary>What a check makes of the evidence.</summary>
/// <param name="Result">How it came out.</param>
/// <param name="Evidence">What was found, with the values.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record CheckFinding(CheckResult Result, string Evidence, string? Remedy = null)
{
    public static CheckFinding Passed(string evidence) => new(CheckResult.Passed, evidence);

    public static CheckFinding Skipped(string reason, string? remedy = null) => new(CheckResult.Skipped, reason, remedy);

    public static CheckFinding Unknown(string reason) => new(CheckResult.Unknown, reason);

    public static CheckFinding Warning(string evidence, string remedy) => new(CheckResult.Warning, evidence, remedy);

    public static CheckFinding Failed(string evidence, string remedy) => new(CheckResult.Failed, evidence, remedy);

    /// <summary>The check cannot be made because the engine does not answer, or not in time, which is a check of its own.</summary>
    public static CheckFinding NoEngine(NodeEvidence evidence) =>
        Unknown(evidence.EngineFailure?.Id == ErrorId.EngineTimeout ? "the engine did not answer in time" : "the engine does not answer");
}

/// <summary>How a check of a node came out.</summary>
public enum CheckResult
{
    /// <summary>The node is as it has to be.</summary>
    Passed,

    /// <summary>The check does not apply, or the node has not what it takes; its evidence says why.</summary>
    Skipped,

    /// <summary>
    /// The check could not be made, since the engine did not answer, or not in time, or a container could not be looked into.
    /// </summary>
    Unknown,

    /// <summary>Jobs run, and slower or less safely than they could; or they will not for long.</summary>
    Warning,

    /// <summary>Jobs will fail.</summary>
    Failed,
}

/// <summary>Evidence that takes more than the one round trip that every preflight makes.</summary>
[Flags]
internal enum EvidenceKinds
{
    /// <summary>None of it.</summary>
    None = 0,

    /// <summary>Whether paths exist, each asked by itself: one may lie on a file system that does not answer.</summary>
    Paths = 1,

    /// <summary>What a container gets, read in one.</summary>
    Container = 2,

    /// <summary>What the registries say to the node's engine.</summary>
    Registry = 4,
}

/// <summary>A check of a node: it judges what was gathered and touches nothing.</summary>
internal interface INodeCheck
{
    /// <summary>Its name: a stable word, by which it is chosen.</summary>
    string Name { get; }

    /// <summary>What has to hold, in a line.</summary>
    string About { get; }

    /// <summary>What it has to know beyond the facts.</summary>
    EvidenceKinds Needs => EvidenceKinds.None;

    /// <summary>Judges a node.</summary>
    /// <param name="evidence">What was gathered on it.</param>
    CheckFinding Examine(NodeEvidence evidence);
}
