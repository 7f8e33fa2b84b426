namespace PisaHpc.Posix;

/// <summary>A group's number and its name.</summary>
/// <param name="Gid">The number.</param>
/// <param name="Name">The name; <c>g</c> and the number where the name service knows none.</param>
public readonly record struct GroupName(uint Gid, string Name);
