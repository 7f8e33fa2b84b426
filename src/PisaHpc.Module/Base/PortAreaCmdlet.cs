using System.Management.Automation;
using PisaHpc.Ports;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that works in a port area.</summary>
public abstract class PortAreaCmdlet : SiteCmdlet
{
    /// <summary>The port area: a directory that all nodes share, with one file for each port. Without it, the site's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The area that was named, else the site's with its range of ports.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.PortAreaMissing"/> when neither names one.</exception>
    private protected PortArea Area => Path is null ? PortArea.Of(RequiredPorts, Warn) : AreaAt(GetUnresolvedProviderPathFromPSPath(Path));

    /// <summary>The area of a directory.</summary>
    private protected PortArea AreaAt(string path) => new(path) { Skipped = Warn };
}
