using System.Management.Automation;
using PisaHpc.Ports;

namespace PisaHpc.Base;

/// <summary>A cmdlet that works in a port area.</summary>
public abstract class PortAreaCmdlet : SiteCmdlet
{
    /// <summary>The port area: a directory that all nodes share, with one file for each port. Without it, the site's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The area that was named, else the site's with its range of ports.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/> when neither names one.</exception>
    private protected PortArea Area =>
        Path is not null ? new PortArea(GetUnresolvedProviderPathFromPSPath(Path)) : PortArea.Of(SiteArea());

    private protected Sites.PortAreaDefinition SiteArea() => SiteDefinition.PortArea ?? throw new HpcException(
        ErrorId.PortAreaMissing,
        SiteDefinition.Path is null ? "This machine has no site definition." : $"The site definition {SiteDefinition.Path} names no port area.",
        SiteDefinition.Path,
        "Name one with -Path, or in the site definition: portArea: { path: /var/lib/pisahpc/ports, first: 22000, last: 22999 }.");
}
