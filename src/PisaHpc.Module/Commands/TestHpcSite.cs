using System.Management.Automation;
using PisaHpc.Adapters.Yaml;
using PisaHpc.Module.Base;
using PisaHpc.Sites;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Looks the site definition over: everything wrong with it, and what an admin should know of it. Nothing is written when all is well.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "HpcSite")]
[OutputType(typeof(SiteFinding), typeof(bool))]
public sealed class TestHpcSiteCommand : SiteCmdlet
{
    /// <summary>Writes true or false in place of the findings: whether the definition can be used. Warnings do not count.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override Task EndAsync()
    {
        var findings = Findings(SiteLocation.Find(SitePath) ?? throw SiteLocation.Missing());
        if (Quiet)
        {
            Emit(findings.All(finding => finding.Severity != nameof(FindingSeverity.Error)));
        }
        else
        {
            EmitAll(findings);
        }

        return Task.CompletedTask;
    }

    private static IReadOnlyList<SiteFinding> Findings(string file)
    {
        var (site, findings) = SiteReader.Examine(file);
        return site is null ? findings : [.. findings, .. SiteAudit.Examine(site, EphemeralPorts.Read())];
    }
}
