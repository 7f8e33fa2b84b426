using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks;

/// <summary>A check of hooks.</summary>
/// <typeparam name="TEvidence">What it judges.</typeparam>
/// <param name="Name">Its name.</param>
/// <param name="Judge">Judges, and touches nothing.</param>
internal sealed record HookCheck<TEvidence>(string Name, Func<TEvidence, CheckFinding> Judge)
{
    /// <summary>What those of some checks that are meant find.</summary>
    /// <param name="host">The host.</param>
    /// <param name="names">Whether a check is meant, by name.</param>
    public static IReadOnlyList<HpcNodeCheck> Run(
        IEnumerable<HookCheck<TEvidence>> checks, string host, Func<string, bool> names, TEvidence evidence) =>
    [
        .. from check in checks
           where names(check.Name)
           let finding = check.Judge(evidence)
           select new HpcNodeCheck
           {
               Node = host,
               Check = check.Name,
               Result = finding.Result.ToString(),
               Evidence = finding.Evidence,
               Remedy = finding.Remedy,
           },
    ];
}
