using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Jobs.Records;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that needs the site definition.</summary>
public abstract class SiteCmdlet : AsyncCmdlet
{
    private readonly ConcurrentDictionary<string, bool> _warned = new(StringComparer.Ordinal);

    private HpcSite? _site;

    /// <summary>The site definition's file; else $PISAHPC_SITE, else /etc/pisahpc/site.yaml.</summary>
    [Parameter]
    public string? Site { get; set; }

    /// <summary>
    /// A job's id that is typed and empty, as that of a variable that is not set, is an error; an object from the pipeline may be no job's.
    /// </summary>
    private protected override void ValidateParameters()
    {
        if (MyInvocation.BoundParameters.TryGetValue("JobId", out var typed) && typed is null)
        {
            JobIds.Validate(null);
        }
    }

    /// <summary>Writes a warning that each of several looks may give, the first time.</summary>
    private protected void WarnOnce(string text)
    {
        if (_warned.TryAdd(text, true))
        {
            Warn(text);
        }
    }

    /// <summary>Refuses parameters of which each says alone what is put out.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: two of them were used.</exception>
    private protected void RefuseTogether(params string[] parameters)
    {
        if (parameters.Where(IsGiven).ToList() is [var first, var second, ..])
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"-{first} and -{second} cannot be used together: each says what is put out.", first);
        }
    }

    /// <summary>Refuses a parameter that means nothing without another.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it was used alone.</exception>
    private protected void RefuseWithout(string parameter, string other)
    {
        if (IsGiven(parameter) && !IsGiven(other))
        {
            throw new HpcException(ErrorId.InvalidValue, $"-{parameter} has no meaning without -{other}.", parameter);
        }
    }

    /// <summary>Refuses a parameter that means nothing beside any of some others.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it was used with one of them.</exception>
    private protected void RefuseBeside(string parameter, params string[] others)
    {
        if (IsGiven(parameter) && Array.Find(others, IsGiven) is { } other)
        {
            throw new HpcException(ErrorId.InvalidValue, $"-{parameter} has no meaning with -{other}.", parameter);
        }
    }

    /// <summary>A switch that a script turns off, <c>-Fold:$false</c>, is not there.</summary>
    private bool IsGiven(string parameter) =>
        MyInvocation.BoundParameters.TryGetValue(parameter, out var value) && value is not SwitchParameter { IsPresent: false };

    /// <summary>The site definition, read at the first use.</summary>
    internal HpcSite SiteDefinition => _site ??= SiteLocation.Read(SitePath);

    /// <summary>The site definition, for what cannot be done without one.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.SiteMissing"/>: the machine has none.</exception>
    internal HpcSite RequiredSite => SiteDefinition.Path is null ? throw SiteLocation.Missing() : SiteDefinition;

    /// <summary>The path of -Site in full; null when the parameter was not used.</summary>
    internal string? SitePath => Site is null ? null : GetUnresolvedProviderPathFromPSPath(Site);

    /// <summary>The site's port area; null when it has none. What it passes over is a warning, once.</summary>
    internal PortArea? SitePorts => SiteDefinition.PortArea is { } area ? PortArea.Of(area, WarnOnce) : null;

    /// <summary>The site's port area as it is declared.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.PortAreaMissing"/>: the site has none; <see cref="ErrorId.SiteMissing"/>.
    /// </exception>
    internal PortAreaDefinition RequiredPorts => RequiredSite.RequirePortArea();

    /// <summary>Writes down how jobs end; null where the site keeps no records. What cannot be written is a warning.</summary>
    internal JobRecorder? Recorder => JobRecorder.Of(SiteDefinition, MyInvocation.MyCommand.Name, Warn);

    /// <inheritdoc/>
    private protected override EngineTerms? EngineTerms => _site?.Nodes.EngineAdministration.Terms;

    /// <summary>
    /// The nodes that a -Node parameter means: names as they are, and the site's nodes that match a pattern such as <c>o2wn*</c>.
    /// </summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for a pattern that matches no node; <see cref="ErrorId.SiteMissing"/> for one without a site.
    /// </exception>
    internal IReadOnlyList<string> NodesOf(IReadOnlyCollection<string> patterns) =>
        patterns.Any(pattern => pattern.AsSpan().ContainsAny('*', '?'))
            ? HostList.Match(patterns, RequiredSite.Nodes.Names)
            : [.. patterns];

    /// <summary>The nodes that a -Node parameter means, or all of the site's when it names none.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/>: none was named and the site declares none; <see cref="ErrorId.SiteMissing"/>.
    /// </exception>
    internal IReadOnlyList<string> NodesOrSite(IReadOnlyCollection<string> patterns)
    {
        if (patterns.Count > 0)
        {
            return NodesOf(patterns);
        }

        var known = HostList.Expand(RequiredSite.Nodes.Names);
        return known.Count > 0
            ? known
            : throw new HpcException(
                ErrorId.InvalidValue,
                $"No node is named, and the site definition {SiteDefinition.Path} lists none.",
                "Node",
                "Name nodes with -Node, or list them in nodes.names of the site definition.");
    }

    /// <summary>The environments that names or aliases with wildcards mean; a name without any is taken as it is.</summary>
    internal IEnumerable<string> EnvironmentsOf(string name)
    {
        // All environments of no site are none; a name, or a pattern of names, is one that a site has to define.
        var site = name == "*" ? SiteDefinition : RequiredSite;
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            return [name];
        }

        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return from environment in site.Environments
               where pattern.IsMatch(environment.Key) || environment.Value.Aliases.Any(alias => pattern.IsMatch(alias.Value))
               select environment.Key;
    }
}
