namespace PisaHpc.Preflight;

/// <summary>Evidence that takes more than the one round trip that every preflight makes.</summary>
[Flags]
internal enum EvidenceKinds
{
    /// <summary>None of it.</summary>
    None = 0,

    /// <summary>Whether paths exist, each asked by itself: one may lie on a file system that does not answer.</summary>
    Paths = 1,

    /// <summary>What a container gets, read in one.</summary>
    Container = 2,

    /// <summary>What the registries say to the node's engine.</summary>
    Registry = 4,
}

/// <summary>A check of a node: it judges what was gathered and touches nothing.</summary>
internal interface INodeCheck
{
    /// <summary>Its name: a stable word, by which it is chosen.</summary>
    string Name { get; }

    /// <summary>What it has to know beyond the facts.</summary>
    EvidenceKinds Needs => EvidenceKinds.None;

    /// <summary>Judges a node.</summary>
    /// <param name="evidence">What was gathered on it.</param>
    CheckFinding Examine(NodeEvidence evidence);
}
