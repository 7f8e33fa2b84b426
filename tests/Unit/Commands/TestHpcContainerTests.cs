using PisaHpc.Audit;
using PisaHpc.Module.Commands;
using PisaHpc.Unit.Environments;

namespace PisaHpc.Unit.Commands;

/// <summary>Test-HpcContainer as a runspace runs it, of what needs no node.</summary>
public sealed class TestHpcContainerTests : IDisposable
{
    private readonly string _site = Path.GetTempFileName();

    public TestHpcContainerTests() => File.WriteAllText(_site, """
        environments:
          debian12: { image: x/deb:12, privileged: true, variables: { DB_PASSWORD: hunter2 }, limits: { pids: 4096 } }
        waivers:
          - { check: Secrets, environment: debian12, reason: a test server's }
          - { check: Seccomp, environment: debian12, reason: over, until: 2020-01-31 }
        """);

    public void Dispose() => File.Delete(_site);

    [Fact]
    public void The_definition_s_findings_are_objects()
    {
        var findings = Findings("Test-HpcContainer -Definition");
        Assert.Equal(
            [
                "Privileged Error Open", "Secrets Warning Waived", "OpenPorts Notice Open", "ImageDigest Notice Open",
                "MemoryLimit Notice Open", "Waiver Warning Open",
            ],
            findings.Select(finding => $"{finding.Check} {finding.Severity} {finding.Status}"));
        Assert.All(findings.Take(5), finding => Assert.Equal(("Environment", "debian12", ""), (finding.Kind, finding.Name, finding.Node)));
    }

    [Fact]
    public void FailOn_makes_an_error_of_what_is_open_and_as_bad()
    {
        var run = Run("Test-HpcContainer -Definition -FailOn Error");
        var failure = run.Failure("ContainerCheckFailed");
        Assert.StartsWith("Environment debian12 is not in order: Privileged Error (", failure.Exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Secrets", failure.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("debian12", failure.TargetObject);
        Assert.Empty(Run("Test-HpcContainer -Definition -FailOn Warning -Check Secrets").Errors);
    }

    [Fact]
    public void The_summary_is_one_line_with_its_exit_code()
    {
        var summary = Run("Test-HpcContainer -Definition -Summary").Single<HpcContainerAuditSummary>();
        Assert.Equal((2, 1, 1), (summary.ExitCode, summary.Errors, summary.Waived));
        Assert.StartsWith("PISAHPC CRITICAL - Privileged of debian12; Waiver of debian12 | nodes=0", summary.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Test-HpcContainer -Definition -Verbose")]
    [InlineData("Test-HpcContainer -Definition -FailOn Warning -Verbose")]
    [InlineData("Test-HpcContainer -Definition -Summary -Verbose")]
    [InlineData("Test-HpcContainer -Definition | ForEach-Object { $_.PSObject.Properties.Value -join '|'; \"$_\" }")]
    public void No_stream_holds_the_value_of_a_secret(string script)
    {
        var run = Run(script);
        var all = run.Output.Select(item => item.ToString()).Concat(run.Errors.Select(error => $"{error} {error.Exception} {error.TargetObject}"))
            .Concat(run.Verbose).Concat(run.Warnings);
        Assert.DoesNotContain(all, line => line!.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void A_check_that_there_is_not_is_a_mistake() => Assert.Contains(
        "There are Privileged, EngineSocket",
        Run("Test-HpcContainer -Definition -Check Priviledged").Failure("InvalidValue").Exception.Message, StringComparison.Ordinal);

    [Fact]
    public void Checks_are_chosen_by_patterns() =>
        Assert.Equal(["Privileged"], Findings("Test-HpcContainer -Definition -Check priv*").Select(finding => finding.Check));

    [Fact]
    public async Task Plans_come_by_the_pipeline()
    {
        var cluster = new StaticCluster();
        cluster.Nodes.RegistryDigests["registry.lab:5000/pisa/hpc:deb12"] = "sha256:" + new string('2', 64);
        var run = CmdletRun.With(
            [.. await cluster.PlanAsync()], $"Test-HpcContainer -Check PidsLimit -Site '{_site}'", ("Test-HpcContainer", typeof(TestHpcContainerCommand)));
        Assert.Equal(
            ["o2wn01 Plan cs7", "o2wn02 Plan cs7"],
            run.Output.Select(item => (HpcContainerFinding)item.BaseObject).Select(finding => $"{finding.Node} {finding.Kind} {finding.Static}"));
    }

    [Fact]
    public async Task Plans_of_an_environment_that_say_the_same_are_one_row()
    {
        var cluster = new StaticCluster();
        cluster.Nodes.RegistryDigests["registry.lab:5000/pisa/hpc:deb12"] = "sha256:" + new string('2', 64);
        var group = CmdletRun.With(
            [.. await cluster.PlanAsync()],
            $"Test-HpcContainer -Check PidsLimit -Fold -Site '{_site}'",
            ("Test-HpcContainer", typeof(TestHpcContainerCommand))).Single<HpcContainerFindingGroup>();
        Assert.Equal(("o2wn[01-02]", 2, "PidsLimit"), (group.NodeList, group.Count, group.Check));
    }

    private List<HpcContainerFinding> Findings(string script)
    {
        var run = Run(script);
        Assert.Empty(run.Errors);
        return [.. run.Output.Select(item => (HpcContainerFinding)item.BaseObject)];
    }

    private CmdletRun Run(string script) => CmdletRun.Of(
        $"$PSDefaultParameterValues['Test-HpcContainer:Site'] = '{_site}'; {script}", ("Test-HpcContainer", typeof(TestHpcContainerCommand)));
}
