namespace PisaHpc.Environments;

/// <summary>What bringing a static environment on a node to what is declared did, or would do.</summary>
public sealed record HpcEnvironmentChange
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The static environment.</summary>
    public required string Static { get; init; }

    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>What was done, or was to be: the word, one of <see cref="StaticStep"/>.</summary>
    public required string Step { get; init; }

    /// <summary>How the node differed; empty where it did not.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whether the node is another one than before.</summary>
    public bool Changed { get; init; }

    /// <summary>Whether users get into its container now.</summary>
    public bool Ready { get; init; }

    /// <summary>Whether the container that was there is back, since the declared one did not become ready.</summary>
    public bool RolledBack { get; init; }

    /// <summary>The error's id where the step failed: the word, one of <see cref="ErrorId"/>; else empty.</summary>
    public string Failure { get; init; } = "";

    /// <summary>The container, the step, and why.</summary>
    public override string ToString() =>
        $"{Node} {Static}: {Step}{(Failure.Length > 0 ? $": {Failure}" : Reason.Length > 0 ? $": {Reason}" : "")}";
}
