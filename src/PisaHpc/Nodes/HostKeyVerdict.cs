namespace PisaHpc.Nodes;

/// <summary>What known_hosts says of a key, and where it says so.</summary>
/// <param name="Status">The answer.</param>
/// <param name="Line">The line that gave the answer; null when no line did.</param>
public sealed record HostKeyVerdict(HostKeyStatus Status, KnownHostLine? Line);
