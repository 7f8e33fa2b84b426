using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Base;

/// <summary>The port area that a site declares.</summary>
internal static class SitePorts
{
    /// <summary>The site's port area; null when it has none.</summary>
    public static PortArea? Find(HpcSite site) =>
        site.PortArea is { } area ? new PortArea(area.Path, area.First, area.Last) : null;

    /// <summary>The site's port area.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/>: the site has none.</exception>
    public static PortArea Require(HpcSite site) => Find(site) ?? throw new HpcException(
        ErrorId.PortAreaMissing,
        $"The site definition {site.Path ?? "(none was found)"} names no port area.",
        site.Path,
        "Set portArea: { path, first, last } in the site definition.");
}
