using PisaHpc.Access.Agent;
using PisaHpc.Adapters;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Module.Base;

/// <summary>A site's engines, and the agent's program, by which they are reached where nodes have it.</summary>
internal static class SiteEngines
{
    /// <summary>The engines of a site's nodes.</summary>
    public static IEngineConnector Of(HpcSite site) =>
        NodeConnectors.EnginesFor(site.Nodes, () => Agent()?.PlaceIn(site.RunDirectory).Directory);

    /// <summary>The program that the build put beside the module's assemblies.</summary>
    public static AgentProgram? Agent() =>
        AgentProgram.In(Path.Combine(Path.GetDirectoryName(typeof(SiteEngines).Assembly.Location)!, "native"));
}
