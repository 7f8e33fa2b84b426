namespace PisaHpc.Sites;

/// <summary>Reads a site definition from YAML.</summary>
internal static class SiteReader
{
    /// <summary>Reads a definition.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteInvalid"/>, with file, line and column.</exception>
    public static HpcSite Read(string path) => throw new NotImplementedException(path);
}
