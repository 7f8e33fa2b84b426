using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks;

/// <summary>The runs of jobs that a node remembers: what ends them there has not taken them off.</summary>
internal static class HookRuns
{
    private static readonly NodeScript Records = NodeScript.Of("BatchHooks/hook-records.sh");

    /// <summary>What has to happen before a node's hooks may go; null for nothing.</summary>
    /// <param name="system">The batch system, in small letters.</param>
    /// <param name="hook">What takes a run off, in a word.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<string?> WaitingAsync(
        INodeConnection node, HpcSite site, string system, string hook, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(node, Records, [$"{site.RunDirectory}/.{system}"], cancellationToken);
        var lines = said.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] runs = [.. lines.Where(line => !line.Contains('\t', StringComparison.Ordinal))];
        return runs.Length == 0 ? null : $"the {hook} of {string.Join(", ", runs)} has run";
    }
}
