namespace PisaHpc.Sites;

/// <summary>Finds the site definition and reads it.</summary>
internal static class SiteLocation
{
    /// <summary>Where a machine keeps its site definition.</summary>
    public const string Default = "/etc/pisahpc/site.yaml";

    /// <summary>Finds the definition: the path given, else $PISAHPC_SITE, else <see cref="Default"/>.</summary>
    /// <param name="path">The path of a -Site parameter.</param>
    /// <returns>The file, which exists; null when none is named and the machine has none.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteInvalid"/> for a named file that is missing.</exception>
    public static string? Find(string? path)
    {
        var named = path ?? Environment.GetEnvironmentVariable("PISAHPC_SITE");
        if (string.IsNullOrEmpty(named))
        {
            return File.Exists(Default) ? Default : null;
        }

        return File.Exists(named)
            ? named
            : throw new HpcException(
                ErrorId.SiteInvalid,
                $"The site definition {named} does not exist.",
                named,
                "Name another file with -Site or $PISAHPC_SITE.");
    }

    /// <summary>Reads the definition that <see cref="Find"/> finds; built-in values when there is none.</summary>
    /// <param name="path">The path of a -Site parameter.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteInvalid"/> for a named file that is missing or not valid.</exception>
    public static HpcSite Read(string? path) => Find(path) is { } file ? SiteReader.Read(file) : new HpcSite();
}
