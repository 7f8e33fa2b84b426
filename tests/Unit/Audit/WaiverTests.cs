using PisaHpc.Audit;
using PisaHpc.Unit.Yaml;

namespace PisaHpc.Unit.Audit;

/// <summary>Findings that a site lives with: declared with a reason, applied by patterns, told when they end or are for nothing.</summary>
public sealed class WaiverTests
{
    private static readonly DateOnly Today = new(2027, 6, 30);

    private static readonly AuditedContainer Traced = Audited.With(spec => spec with { Capabilities = ["SYS_PTRACE"] });

    [Theory]
    [InlineData("environment: debian12", true)]
    [InlineData("environment: 'deb*'", true)]
    [InlineData("environment: DEBIAN12", true)]
    [InlineData("image: 'registry.lab:5000/pisa/*'", true)]
    [InlineData("environment: cs7", false)]
    [InlineData("static: '*'", false)]
    [InlineData("environment: debian12, image: 'other/*'", false)]
    [InlineData("environment: debian12, until: 2027-06-30", true)]
    [InlineData("environment: debian12, until: 2027-06-29", false)]
    public void A_finding_that_it_fits_is_waived_and_still_there(string patterns, bool isWaived)
    {
        var finding = Assert.Single(Of($"{{ check: Capabilities, {patterns}, reason: MPI reads its neighbours' memory }}").Examine(Traced));
        Assert.Equal(isWaived ? ("Waived", "MPI reads its neighbours' memory") : ("Open", null), (finding.Status, finding.Reason));
        Assert.Equal("Warning", finding.Severity);
    }

    [Theory]
    [InlineData("", "Open")]
    [InlineData("severity: Warning, ", "Open")]
    [InlineData("severity: Error, ", "Waived")]
    public void An_error_is_waived_where_that_is_written_alone(string severity, string status)
    {
        var audit = Of($"{{ check: Capabilities, environment: debian12, {severity}reason: x }}");
        var finding = Assert.Single(audit.Examine(Audited.With(spec => spec with { Capabilities = ["SYS_ADMIN"] })));
        Assert.Equal(("Error", status), (finding.Severity, finding.Status));
        Assert.Equal(status == "Open", finding.Remedy.EndsWith("this takes severity: Error.", StringComparison.Ordinal));
        Assert.Empty(audit.Unused(withForeign: true));
    }

    [Fact]
    public void Other_checks_stay_open() => Assert.Equal(
        ["Capabilities Waived", "PidsLimit Open"],
        Of("{ check: Capabilities, environment: '*', reason: x }")
            .Examine(Traced with { Specification = Traced.Specification with { Pids = null } }).Select(finding => $"{finding.Check} {finding.Status}"));

    [Fact]
    public void One_that_ended_is_told_where_it_would_have_been_for_something_or_all_was_looked_at()
    {
        var audit = Of("{ check: Capabilities, environment: debian12, reason: x, until: 2027-01-31 }");
        Assert.Empty(audit.Expired(isWhole: false));
        Assert.Single(audit.Expired(isWhole: true));
        audit.Examine(Traced);
        var told = Assert.Single(audit.Expired(isWhole: false));
        Assert.Equal(("Waiver", "Warning", "Open"), (told.Check, told.Severity, told.Status));
        Assert.Equal("the waiver of Capabilities ended with 2027-01-31 (/etc/pisahpc/site.yaml:2:3)", told.Evidence);
    }

    [Fact]
    public void One_that_was_for_nothing_is_told()
    {
        var audit = Of("{ check: Capabilities, environment: debian12, reason: x }\n- { check: Privileged, environment: debian12, reason: y }");
        audit.Examine(Traced);
        var told = Assert.Single(audit.Unused(withForeign: true));
        Assert.Equal(("Waiver", "Notice", "debian12"), (told.Check, told.Severity, told.Name));
        Assert.StartsWith("the waiver of Privileged is for nothing", told.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void One_for_an_image_may_be_for_others_containers_where_those_were_not_looked_at()
    {
        var audit = Of("{ check: Privileged, image: 'x/*', reason: y }");
        Assert.Empty(audit.Unused(withForeign: false));
        Assert.Single(audit.Unused(withForeign: true));
    }

    [Theory]
    [InlineData("{ check: Privileged, environment: x }", "MissingKey", "key 'reason' is missing")]
    [InlineData("{ check: Privileged, environment: x, reason: ' ' }", "BadValue", "is not a reason in words")]
    [InlineData("{ environment: x, reason: y }", "MissingKey", "key 'check' is missing")]
    [InlineData("{ check: Priviledged, environment: x, reason: y }", "BadValue", "did you mean 'Privileged'?")]
    [InlineData("{ check: Privileged, reason: y }", "MissingKey", "it is not said what is waived")]
    [InlineData("{ check: Privileged, environment: x, reason: y, until: tomorrow }", "BadValue", "is not a date")]
    [InlineData("{ check: Privileged, environment: x, reason: y, until: 2027-02-30 }", "BadValue", "is not a date")]
    [InlineData("{ check: Privileged, environment: x, reasons: y }", "MissingKey", "key 'reason' is missing")]
    public void One_that_is_not_whole_is_an_error_of_the_site(string waiver, string rule, string message) => Assert.Contains(
        SiteText.Findings($"waivers:\n- {waiver}\n"),
        finding => finding.Rule == rule && finding.Severity == "Error" && finding.Message.Contains(message, StringComparison.Ordinal));

    private static ContainerAudit Of(string waivers) => new(SiteText.Read($"waivers:\n- {waivers}\n"), ContainerChecks.All, Today);
}
