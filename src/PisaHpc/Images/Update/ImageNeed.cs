namespace PisaHpc.Images.Update;

/// <summary>What a node needs so that a name leads to the wanted image there.</summary>
public enum ImageNeed
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The node holds the image under another name, or without any.</summary>
    Tag,

    /// <summary>The node does not hold it.</summary>
    Pull,
}
