using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Hook;

/// <summary>The node of a job that a hook runs on: root there needs no login to it.</summary>
internal static class OwnNode
{
    /// <summary>
    /// The node that is named, if it is this machine. Whoever called says so and the machine's own name does, a login would be root's too,
    /// and the engine's socket is here: a batch system's daemon may be in a container of its own.
    /// </summary>
    /// <param name="named">The node that this process is on, as its caller says; null where he does not.</param>
    /// <param name="isRoot">Whether this process is root's.</param>
    /// <returns>Null where the node is reached as others are.</returns>
    public static string? Of(NodeAccess access, string? named, bool isRoot) =>
        named is not null
        && isRoot
        && (access.User ?? Environment.UserName) == "root"
        && ThisMachine.Is(named)
        && File.Exists(access.EngineSocket)
            ? named
            : null;
}
