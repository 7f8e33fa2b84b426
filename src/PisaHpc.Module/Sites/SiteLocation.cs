namespace PisaHpc.Sites;

/// <summary>Finds the site definition and reads it.</summary>
internal static class SiteLocation
{
    /// <summary>Where a machine keeps its site definition.</summary>
    public const string Default = "/etc/pisahpc/site.yaml";

    /// <summary>Reads the definition: the path given, else $PISAHPC_SITE, else <see cref="Default"/>, else built-in values.</summary>
    /// <param name="path">The path of a -Site parameter.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteInvalid"/> for a named file that is missing or not valid.</exception>
    public static HpcSite Read(string? path)
    {
        var named = path ?? Environment.GetEnvironmentVariable("PISAHPC_SITE");
        if (string.IsNullOrEmpty(named))
        {
            return File.Exists(Default) ? SiteReader.Read(Default) : new HpcSite();
        }

        return File.Exists(named)
            ? SiteReader.Read(named)
            : throw new HpcException(
                ErrorId.SiteInvalid, $"The site definition {named} does not exist.", named, "Name another file with -Site or $PISAHPC_SITE.");
    }
}
