using System.Management.Automation;
using PisaHpc.Sites;

namespace PisaHpc.Base;

/// <summary>A cmdlet that needs the site definition.</summary>
public abstract class SiteCmdlet : AsyncCmdlet
{
    private HpcSite? _site;

    /// <summary>The site definition's file; else $PISAHPC_SITE, else /etc/pisahpc/site.yaml.</summary>
    [Parameter]
    public string? Site { get; set; }

    /// <summary>The site definition, read at the first use.</summary>
    internal HpcSite SiteDefinition => _site ??= SiteLocation.Read(Site is null ? null : GetUnresolvedProviderPathFromPSPath(Site));
}
