namespace PisaHpc.Sites;

/// <summary>A first site definition, as it was written.</summary>
public sealed record HpcNewSite
{
    /// <summary>The definition's file.</summary>
    public required string Path { get; init; }

    /// <summary>What it says.</summary>
    public required string Text { get; init; }

    /// <summary>The file of the nodes' host keys.</summary>
    public required string KnownHosts { get; init; }

    /// <summary>The host keys that came to that file.</summary>
    public required IReadOnlyList<HpcNodeKey> NewKeys { get => Readable.Lines(field); init; }

    /// <summary>What Test-HpcSite says of the definition.</summary>
    public required IReadOnlyList<SiteFinding> Findings { get => Readable.Lines(field); init; }

    /// <summary>Whether the definition was written.</summary>
    public bool Changed { get; init; }

    /// <summary>The file, with how many keys came to the nodes' and how many findings there are.</summary>
    public override string ToString() => $"{Path}: {NewKeys.Count} new keys, {Findings.Count} findings";
}

/// <summary>The host key that a node shows.</summary>
/// <param name="Node">The node.</param>
/// <param name="Type">The key's type: <c>ssh-ed25519</c>.</param>
/// <param name="Fingerprint">Its SHA-256, as <c>ssh-keygen -l</c> prints it.</param>
public sealed record HpcNodeKey(string Node, string Type, string Fingerprint)
{
    /// <summary>The node and the key in a line.</summary>
    public override string ToString() => $"{Node} {Type} {Fingerprint}";
}
