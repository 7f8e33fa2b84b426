namespace PisaHpc.Nodes;

/// <summary>What known_hosts says of a key that a host has shown.</summary>
public enum HostKeyStatus
{
    /// <summary>No line for the host holds a key of this type.</summary>
    Unknown,

    /// <summary>A line for the host holds this very key.</summary>
    Known,

    /// <summary>The lines for the host hold another key of this type.</summary>
    Changed,

    /// <summary>A line for the host says that this key is no longer to be trusted.</summary>
    Revoked,
}
