using PisaHpc.Containers;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Ssh;

/// <summary>The process's connectors, one for each way of reaching nodes, so that cmdlets and runspaces share open connections.</summary>
internal static class NodeConnectors
{
    /// <summary>The connector for a site's nodes.</summary>
    public static INodeConnector For(NodeAccess access) => throw new NotImplementedException(access.ToString());

    /// <summary>The engines of a site's nodes.</summary>
    public static IEngineConnector EnginesFor(NodeAccess access) => throw new NotImplementedException(access.ToString());
}
