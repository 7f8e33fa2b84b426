namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether the node's clock agrees with this machine's. Beyond five minutes credentials are refused: munge's live for 300 s (munged(8),
/// --max-ttl and the default TTL), and Kerberos allows the same (RFC 4120, 1.6). Below that, files of a shared file system look older or
/// newer than they are.
/// </summary>
internal sealed class ClockCheck : INodeCheck
{
    private const double CredentialLifeSec = 300;
    private const string Remedy = "Run a time service on the node: chronyc tracking, or timedatectl.";

    public string Name => "Clock";

    public string About => "the node's clock is that of this machine within preflight.clockSkew; beyond 300 s credentials are refused";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        var skew = evidence.Facts.ClockSkewSec;
        var allowed = evidence.Request.Site.Preflight.ClockSkew.TotalSeconds;
        var direction = skew > 0 ? "ahead of" : "behind";
        var found = $"at least {Math.Ceiling(Math.Abs(skew)):0} s {direction} this machine";
        return Math.Abs(skew) > CredentialLifeSec ? CheckFinding.Failed(found, Remedy)
            : Math.Abs(skew) > allowed ? CheckFinding.Warning(found, Remedy)
            : CheckFinding.Passed($"within {allowed:0} s of this machine");
    }
}
