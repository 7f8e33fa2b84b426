using PisaHpc.Adapters.Yaml;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Yaml;

/// <summary>Reads definitions that stand in the tests themselves.</summary>
internal static class SiteText
{
    public const string File = "/etc/pisahpc/site.yaml";

    /// <summary>Reads a definition that is right.</summary>
    public static HpcSite Read(string yaml)
    {
        var (site, findings) = SiteReader.Examine(File, yaml);
        Assert.Empty(findings);
        return site!;
    }

    /// <summary>Reads a definition that is wrong.</summary>
    public static IReadOnlyList<SiteFinding> Findings(string yaml) => SiteReader.Examine(File, yaml).Findings;

    /// <summary>The environment of a definition that is right.</summary>
    public static HpcEnvironment Resolve(string yaml, string? environment = "e", string? queue = null, EnvironmentLayer? parameters = null) =>
        EnvironmentResolver.Resolve(Read(yaml), environment, queue, parameters ?? EnvironmentLayer.Empty);
}
