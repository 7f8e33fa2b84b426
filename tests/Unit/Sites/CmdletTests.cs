using System.Management.Automation;
using PisaHpc.Module.Commands;
using PisaHpc.Sites;
using PisaHpc.Unit.Commands;

namespace PisaHpc.Unit.Sites;

/// <summary>Get-HpcEnvironment and Test-HpcSite, as a runspace runs them.</summary>
public sealed class CmdletTests : IDisposable
{
    private readonly string _site = Path.GetTempFileName();

    public CmdletTests() => Write("""
        environments:
          debian12: { image: x/deb:12, aliases: [ docker-deb12 ] }
          cs7: { image: x/cs:7 }
        queues:
          hpc: { environment: debian12, limits: { shm: 1g } }
        """);

    public void Dispose() => File.Delete(_site);

    [Theory]
    [InlineData("Get-HpcEnvironment", "debian12,cs7")]
    [InlineData("Get-HpcEnvironment docker-deb12", "debian12")]
    [InlineData("Get-HpcEnvironment docker*,cs?", "debian12,cs7")]
    [InlineData("Get-HpcEnvironment none*", "")]
    [InlineData("Get-HpcEnvironment -Queue hpc", "debian12")]
    [InlineData("'cs7', 'deb*' | Get-HpcEnvironment", "cs7,debian12")]
    [InlineData("Get-HpcEnvironment | Get-HpcEnvironment", "debian12,cs7")]
    [InlineData("[pscustomobject]@{ Queue = 'hpc' } | Get-HpcEnvironment", "debian12")]
    [InlineData("[pscustomobject]@{ Queue = 'hpc' } | Get-HpcEnvironment cs7", "cs7")]
    public void Environments_are_found(string script, string names) =>
        Assert.Equal(names, string.Join(',', Output<HpcEnvironment>(script).Select(environment => environment.Name)));

    [Fact]
    public void The_queue_s_layer_is_merged_into_every_environment_asked_for()
    {
        Assert.All(Output<HpcEnvironment>("Get-HpcEnvironment * -Queue hpc"), environment => Assert.Equal(1L << 30, environment.Limits.ShmBytes));
        Assert.All(Output<HpcEnvironment>("Get-HpcEnvironment *"), environment => Assert.Null(environment.Limits.ShmBytes));
    }

    [Fact]
    public void Explain_gives_the_origins_with_their_environment()
    {
        var origins = Output<SettingOrigin>("Get-HpcEnvironment cs7 -Queue hpc -Explain");

        Assert.All(origins, origin => Assert.Equal("cs7", origin.Environment));
        Assert.Contains(new SettingOrigin("limits.shm", "1g", "queue hpc", _site, 5) { Environment = "cs7" }, origins);
    }

    [Fact]
    public void An_unknown_name_is_an_error_and_the_others_go_on()
    {
        var run = Run("Get-HpcEnvironment debian11, cs7");
        var error = run.Failure("EnvironmentNotFound");

        Assert.Equal("cs7", Assert.IsType<HpcEnvironment>(Assert.Single(run.Output).BaseObject).Name);
        Assert.Equal((ErrorCategory.ObjectNotFound, "debian11"), (error.CategoryInfo.Category, error.TargetObject));
    }

    [Fact]
    public void A_definition_with_errors_ends_the_command_with_all_of_them_and_the_first_as_headline()
    {
        Write("registy: x\nnodes: { nmes: [] }");
        var error = Run("Get-HpcEnvironment").Failure("SiteInvalid");

        Assert.Equal((ErrorCategory.ParserError, _site), (error.CategoryInfo.Category, error.TargetObject));
        Assert.StartsWith($"{_site}:1:1: unknown key 'registy'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{_site}:2:10: nodes: unknown key 'nmes'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("Test-HpcSite", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reserved_key_is_its_own_error()
    {
        Write("defaults:\n  user: root");
        Assert.Contains($"{_site}:2:3:", Run("Get-HpcEnvironment").Failure("ReservedOption").Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("environments: { e: { image: x/y:1 } }", true)]
    [InlineData("environments: { e: { image: x/y:1, privileged: true } }", true, "Warning Privileged")]
    [InlineData("registy: x\nportArea: {}", false, "Error UnknownKey", "Error MissingKey", "Error MissingKey", "Error MissingKey")]
    public void Findings_are_objects_and_a_definition_with_none_gives_none(string yaml, bool isUsable, params string[] expected)
    {
        Write(yaml);

        Assert.Equal(expected, Output<SiteFinding>("Test-HpcSite").Select(finding => $"{finding.Severity} {finding.Rule}"));
        Assert.Equal([isUsable], Output<bool>("Test-HpcSite -Quiet"));
    }

    [Fact]
    public void A_definition_that_does_not_exist_is_an_error()
    {
        File.Delete(_site);
        Assert.Contains("does not exist", Run("Test-HpcSite").Failure("SiteInvalid").Exception.Message, StringComparison.Ordinal);
    }

    private void Write(string yaml) => File.WriteAllText(_site, yaml);

    private List<T> Output<T>(string script)
    {
        var run = Run(script);
        Assert.Empty(run.Errors);
        return [.. run.Output.Select(output => (T)output.BaseObject)];
    }

    private CmdletRun Run(string script) => CmdletRun.Of(
        $"$PSDefaultParameterValues['*:Site'] = '{_site}'; {script}",
        ("Get-HpcEnvironment", typeof(GetHpcEnvironmentCommand)),
        ("Test-HpcSite", typeof(TestHpcSiteCommand)));
}
