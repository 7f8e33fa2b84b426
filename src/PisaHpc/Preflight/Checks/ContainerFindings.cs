namespace PisaHpc.Preflight.Checks;

/// <summary>Judges what containers of each combination of limits got: the worst of them speaks for the node.</summary>
internal static class ContainerFindings
{
    public static CheckFinding Worst(NodeEvidence evidence, Func<ContainerProbe, CheckFinding> judge)
    {
        if (evidence.Details is null)
        {
            return CheckFinding.NoEngine(evidence);
        }

        var findings = evidence.Containers.Select(probe => Judge(probe, judge)).OrderByDescending(finding => finding.Result).ToList();
        return findings.Count == 0
            ? CheckFinding.Skipped("the site has no environment to check it for")
            : findings[0].Result == CheckResult.Passed
                ? CheckFinding.Passed(string.Join("; ", findings.Select(finding => finding.Evidence)))
                : findings[0];
    }

    private static CheckFinding Judge(ContainerProbe probe, Func<ContainerProbe, CheckFinding> judge) => probe.Failure switch
    {
        { Id: ErrorId.ImageNotFound } missing =>
            CheckFinding.Skipped(missing.Message, "Pull an environment's image first: Update-HpcImage."),
        { Id: not ErrorId.LimitRefused } failure => CheckFinding.Unknown($"no container could be looked at: {failure.Message}"),
        _ => judge(probe),
    };
}
