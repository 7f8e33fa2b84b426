namespace PisaHpc.Batch;

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

    /// <summary>
    /// The greatest id of a user or group that a container can have: engines take no more (<c>maxID</c> of moby's sys/user, of which Docker
    /// and Podman are made), though the kernel and the name service do.
    /// </summary>
    internal const uint GreatestContainerId = int.MaxValue;

    /// <summary>The first id that no container can have, in words such as <c>group id 3221226001</c>; null when there is none.</summary>
    internal string? IdBeyondContainers => Uid > GreatestContainerId ? $"user id {Uid}"
        : Groups.Prepend(Gid).Where(gid => gid > GreatestContainerId).Select(gid => $"group id {gid}").FirstOrDefault();

    /// <summary>The login name: what a table or a format string shows.</summary>
    public override string ToString() => Name;
}
