namespace PisaHpc.Setup;

/// <summary>What was done to make a node fit, or would be.</summary>
public sealed record HpcNodeSetup
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Whether anything was changed.</summary>
    public required bool Changed { get; init; }

    /// <summary>What had the engine take up its configuration: the word, one of <see cref="EngineAction"/>.</summary>
    public required string EngineAction { get; init; }

    /// <summary>What was changed, a line each; empty when all was as it should be.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The engine's configuration before and after, line by line, with "+ " and "- "; empty when it did not change.</summary>
    public IReadOnlyList<string> Diff { get; init; } = [];

    /// <summary>Where the engine's old configuration lies on the node; null when there was none, or it did not change.</summary>
    public string? Backup { get; init; }

    /// <summary>The containers that ran before and after a restart.</summary>
    public int ContainersKept { get; init; }

    /// <summary>The containers that ran before a restart and not after it, by name.</summary>
    public IReadOnlyList<string> ContainersLost { get; init; } = [];
}
