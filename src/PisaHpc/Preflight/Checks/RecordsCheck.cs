using PisaHpc.Sites;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the directory of ended jobs' records is there. Jobs run without it, and nobody can tell afterwards how they ended.
/// </summary>
internal sealed class RecordsCheck : INodeCheck
{
    public string Name => "Records";

    public string About => "the directory of ended jobs' records is there, and answers within 10 s";

    public EvidenceKinds Needs => EvidenceKinds.Paths;

    /// <summary>The path that has to be there.</summary>
    public static IReadOnlyList<string> PathsOf(HpcSite site) => site.Records is { } records ? [records.Directory] : [];

    public CheckFinding Examine(NodeEvidence evidence) => evidence.Request.Site.Records switch
    {
        null => CheckFinding.Skipped("the site keeps no records of ended jobs"),
        { Directory: var path } when evidence.Paths.Silent.Contains(path) => CheckFinding.Warning(
            $"no answer within {PathProbe.Patience.TotalSeconds:0} s from {path}", PathProbe.SilenceRemedy),
        { Directory: var path } when evidence.Paths.Missing.Contains(path) => CheckFinding.Warning(
            $"there is no {path}", "Mount the shared file system on the node; or make the directory: Initialize-HpcNode."),
        { Directory: var path } => CheckFinding.Passed(path),
    };
}
