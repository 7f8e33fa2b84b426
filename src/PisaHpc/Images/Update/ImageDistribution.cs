namespace PisaHpc.Images.Update;

/// <summary>Where nodes get an image from.</summary>
public enum ImageDistribution
{
    /// <summary>Each node pulls it from the registry.</summary>
    Registry,

    /// <summary>A node that holds it gives it to one that does not, and that one on; the registry serves the first.</summary>
    Peers,
}
