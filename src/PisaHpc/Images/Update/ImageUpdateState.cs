namespace PisaHpc.Images.Update;

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
