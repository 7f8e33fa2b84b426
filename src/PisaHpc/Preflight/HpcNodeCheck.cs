namespace PisaHpc.Preflight;

/// <summary>One check of one node.</summary>
public sealed record HpcNodeCheck
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The check's name.</summary>
    public required string Check { get; init; }

    /// <summary>How it came out: the word, one of <see cref="CheckResult"/>.</summary>
    public required string Result { get; init; }

    /// <summary>What was found, with the values.</summary>
    public required string Evidence { get; init; }

    /// <summary>What to do about it; null when there is nothing to do.</summary>
    public string? Remedy { get; init; }
}
