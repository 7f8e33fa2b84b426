using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks;

/// <summary>
/// The jobs that a node itself kept from being set up, one after another, as the node remembers them: in memory, beside what its hooks
/// write down of runs. A job that is set up there ends the row.
/// </summary>
internal static class NodeFaults
{
    private static readonly NodeScript Script = NodeScript.Of("BatchHooks/node-faults.sh");

    /// <summary>
    /// What is the node's own fault whatever a job asks for. A node that cannot be reached is none of them: nothing can be counted there,
    /// and its batch system's own daemon is away, too, most often.
    /// </summary>
    private static readonly HashSet<ErrorId> Ids =
        [ErrorId.EngineUnavailable, ErrorId.EngineTimeout, ErrorId.EngineTooOld, ErrorId.DiskFull];

    /// <summary>Whether a job that failed for it on a node says that the node is broken, and not the site definition.</summary>
    public static bool Counts(NodeFailure failure) =>
        Ids.Contains(failure.Id) && failure.Cause is not HpcException { MayBeSetting: true };

    /// <summary>Adds a job.</summary>
    /// <param name="node">The node.</param>
    /// <param name="runDirectory">The site's directory for jobs.</param>
    /// <param name="system">The batch system, in small letters.</param>
    /// <param name="owner">The job's owner.</param>
    /// <returns>How many different jobs there are now, and of how many owners.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<(int Jobs, int Owners)> AddAsync(
        INodeConnection node, string runDirectory, string system, string jobId, uint owner, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(
            node, Script, [Directory(runDirectory, system), jobId, owner.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        return (Number(said["jobs"]), Number(said["owners"]));
    }

    /// <summary>Forgets them.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static Task ForgetAsync(INodeConnection node, string runDirectory, string system, CancellationToken cancellationToken) =>
        ScriptReply.AskAsync(node, Script, [Directory(runDirectory, system)], cancellationToken);

    private static int Number(string? text) => int.Parse(text!, CultureInfo.InvariantCulture);

    private static string Directory(string runDirectory, string system) => $"{runDirectory.TrimEnd('/')}/.{system}";
}
