namespace PisaHpc.Audit;

/// <summary>
/// What an audit has found in a container, in a plan or in what the site definition describes. No value of a variable is in it.
/// </summary>
public sealed record HpcContainerFinding
{
    /// <summary>The node; empty for the site definition.</summary>
    public required string Node { get; init; }

    /// <summary>What was looked at: the word, one of <see cref="AuditedKind"/>; Waiver for one of the site's waivers.</summary>
    public required string Kind { get; init; }

    /// <summary>The name of the container, environment, queue or static environment.</summary>
    public required string Name { get; init; }

    /// <summary>The job; null when it is none's.</summary>
    public string? JobId { get; init; }

    /// <summary>The static environment; null when it is none's.</summary>
    public string? Static { get; init; }

    /// <summary>The environment; empty for a container that the module did not make.</summary>
    public string Environment { get; init; } = "";

    /// <summary>The image's reference, without its digest.</summary>
    public string Image { get; init; } = "";

    /// <summary>The check's stable name.</summary>
    public required string Check { get; init; }

    /// <summary>The recommendations of the CIS Docker Benchmark, 1.3.1, that ask for the same; empty for none.</summary>
    public string Benchmark { get; init; } = "";

    /// <summary>How bad it is: the word, one of <see cref="AuditSeverity"/>.</summary>
    public required string Severity { get; init; }

    /// <summary>Whether the site lives with it: the word, one of <see cref="FindingStatus"/>.</summary>
    public required string Status { get; init; }

    /// <summary>What was found.</summary>
    public required string Evidence { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Remedy { get; init; }

    /// <summary>Why the site lives with it; null when it does not.</summary>
    public string? Reason { get; init; }

    /// <summary>The last day of the waiver, as 2027-06-30; null for one without an end, and for none.</summary>
    public string? Until { get; init; }

    /// <summary>It in a line.</summary>
    public override string ToString() =>
        $"{(Node.Length > 0 ? $"{Node} " : "")}{Name}: {Check} {Severity}{(Reason is null ? "" : $" (waived: {Reason})")}: {Evidence}";
}

/// <summary>Whether a site lives with a finding.</summary>
public enum FindingStatus
{
    /// <summary>Nobody said so.</summary>
    Open,

    /// <summary>A waiver of the site definition is for it, and has a reason.</summary>
    Waived,
}
