namespace PisaHpc.Allocations;

/// <summary>The user a job belongs to, resolved once per job by the machine's name service.</summary>
public sealed record JobOwner
{
    /// <summary>The login name.</summary>
    public required string Name { get; init; }

    /// <summary>The numeric user id.</summary>
    public required uint Uid { get; init; }

    /// <summary>The numeric id of the primary group.</summary>
    public required uint Gid { get; init; }

    /// <summary>
    /// Every group of the user by number, primary first, supplementary ascending: none may be lost on the way into a container.
    /// </summary>
    public required IReadOnlyList<uint> Groups { get; init; }

    /// <summary>The home directory.</summary>
    public string Home { get; init; } = "/";

    /// <summary>The login shell.</summary>
    public string Shell { get; init; } = "/bin/sh";

    /// <summary>The login name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}
