namespace PisaHpc.Preflight;

/// <summary>What a check makes of the evidence.</summary>
/// <param name="Result">How it came out.</param>
/// <param name="Evidence">What was found, with the values.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record CheckFinding(CheckResult Result, string Evidence, string? Remedy = null)
{
    public static CheckFinding Passed(string evidence) => new(CheckResult.Passed, evidence);

    public static CheckFinding Skipped(string reason, string? remedy = null) => new(CheckResult.Skipped, reason, remedy);

    public static CheckFinding Unknown(string reason) => new(CheckResult.Unknown, reason);

    public static CheckFinding Warning(string evidence, string remedy) => new(CheckResult.Warning, evidence, remedy);

    public static CheckFinding Failed(string evidence, string remedy) => new(CheckResult.Failed, evidence, remedy);

    /// <summary>The check cannot be made because the engine does not answer, or not in time, which is a check of its own.</summary>
    public static CheckFinding NoEngine(NodeEvidence evidence) =>
        Unknown(evidence.EngineFailure?.Id == ErrorId.EngineTimeout ? "the engine did not answer in time" : "the engine does not answer");
}
