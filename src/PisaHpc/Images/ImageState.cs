namespace PisaHpc.Images;

/// <summary>How what a node holds compares with what the site wants.</summary>
public enum ImageState
{
    /// <summary>The name leads to the image that the registry has under it.</summary>
    Current,

    /// <summary>The name leads to another image than in the registry.</summary>
    Outdated,

    /// <summary>The site wants the name, and the node does not have it.</summary>
    Missing,

    /// <summary>The node has the name, and the registry did not say which image is the wanted one.</summary>
    Unknown,

    /// <summary>No environment of the site wants it.</summary>
    Other,
}
