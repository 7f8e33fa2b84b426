namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the engine answers, in a version of its API that the module speaks. One that took too long may be slow, at its first use or
/// under load, and no job need fail of it: that is a warning.
/// </summary>
internal sealed class EngineCheck : INodeCheck
{
    public string Name => "Engine";

    public CheckFinding Examine(NodeEvidence evidence) => evidence.EngineFailure switch
    {
        null => CheckFinding.Passed(
            $"{evidence.Request.Site.Nodes.EngineAdministration.Name} {evidence.Engine?.Version}, API {evidence.Engine?.ApiVersion}"),
        { Id: ErrorId.EngineTimeout } late => CheckFinding.Warning(
            $"{late.Id}: {late.Message}",
            $"Ask again. If it stays so, see what keeps the engine: the node's load, and its log: {evidence.EngineTerms.LogCommand}."),
        var failure => CheckFinding.Failed(
            $"{failure.Id}: {failure.Message}",
            failure.RecommendedAction
            ?? $"Check the engine on the node: {evidence.EngineTerms.StatusCommand}; {evidence.EngineTerms.LogCommand}."),
    };
}
