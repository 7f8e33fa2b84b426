namespace PisaHpc.Images.Update;

/// <summary>The update of one image on one node.</summary>
public sealed record HpcImageUpdate
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The image's name with its tag.</summary>
    public required string Name { get; init; }

    /// <summary>How it ended: the word, one of <see cref="ImageUpdateState"/>.</summary>
    public required string State { get; init; }

    /// <summary>Whether this call changed what the name leads to.</summary>
    public bool Changed { get; init; }

    /// <summary>
    /// The registry's digest that the name ought to lead to, resolved once for all nodes; null when the registry did not say.
    /// </summary>
    public string? Digest { get; init; }

    /// <summary>The digest that the name led to before; null when the node had no such name, or the image never met a registry.</summary>
    public string? PreviousDigest { get; init; }

    /// <summary>Where the image came from: the registry, or the node that gave it; null when nothing was pulled.</summary>
    public string? Source { get; init; }

    /// <summary>How often it was tried; 0 when nothing had to be done, or the node was not reached.</summary>
    public int Attempts { get; init; }

    /// <summary>How long it took, in seconds, the waits between attempts included.</summary>
    public double DurationSec { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>The image, its node, and what became of it.</summary>
    public override string ToString() => $"{Name} on {Node}: {State}{(Reason is null ? "" : $": {Reason}")}";
}

/// <summary>How an update of one image on one node ended.</summary>
public enum ImageUpdateState
{
    /// <summary>The node held it already: nothing was pulled.</summary>
    Current,

    /// <summary>The name leads to the wanted image now.</summary>
    Updated,

    /// <summary>With -WhatIf: the node would pull it, or give the name to an image that it holds.</summary>
    Pending,

    /// <summary>It was not done; the node has what it had before.</summary>
    Failed,
}
