namespace PisaHpc.BatchHooks;

/// <summary>What was done on a host for a batch system's hooks, or would be.</summary>
public sealed record HpcBatchHook
{
    /// <summary>The host.</summary>
    public required string Node { get; init; }

    /// <summary>The batch system: the word, one of <see cref="Batch.Scheduler"/>.</summary>
    public required string System { get; init; }

    /// <summary>What the host is to it: <c>Node</c> or <c>Controller</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Whether anything was changed.</summary>
    public required bool Changed { get; init; }

    /// <summary>What was changed, a line each; empty when all was as it should be.</summary>
    public IReadOnlyList<string> Changes { get => Readable.Lines(field); init; } = [];

    /// <summary>Texts before and after, line by line, with "+ " and "- " behind a line that names the file.</summary>
    public IReadOnlyList<string> Diff { get => Readable.Lines(field); init; } = [];

    /// <summary>Where what stood there before is kept.</summary>
    public IReadOnlyList<string> Backups { get => Readable.Lines(field); init; } = [];

    /// <summary>What has to be run by hand for it to take effect; null when nothing has.</summary>
    public string? NextStep { get; init; }

    /// <summary>The host, and what was changed there.</summary>
    public override string ToString() =>
        $"{Node}: {System} {Role}: {(Changes.Count > 0 ? string.Join("; ", Changes) : "nothing to change")}";
}

/// <summary>What a host is to a batch system.</summary>
internal enum HookRole
{
    /// <summary>Jobs run on it.</summary>
    Node,

    /// <summary>It controls the batch system.</summary>
    Controller,
}
