namespace PisaHpc.Preflight.Checks;

/// <summary>Whether the engine answers, in a version of its API that the module speaks.</summary>
internal sealed class EngineCheck : INodeCheck
{
    public string Name => "Engine";

    public CheckFinding Examine(NodeEvidence evidence) => evidence.EngineFailure is { } failure
        ? CheckFinding.Failed(
            $"{failure.Id}: {failure.Message}",
            failure.RecommendedAction ?? "Check the engine on the node: systemctl status docker; journalctl -u docker.")
        : CheckFinding.Passed($"Docker {evidence.Engine?.Version}, API {evidence.Engine?.ApiVersion}");
}
