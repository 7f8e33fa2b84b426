using System.Management.Automation;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Commands;

/// <summary>A name without wildcards that nothing has is an error of every Get cmdlet; a pattern that nothing matches is none.</summary>
public sealed class ExactNameTests : IDisposable
{
    private readonly SocketEngine _engine = new();
    private readonly string _area = Directory.CreateTempSubdirectory("pisahpc-ports-").FullName;

    /// <summary>The script with a name that nothing has, and with a pattern that matches nothing.</summary>
    public static TheoryData<string, string, string> Asked => new()
    {
        { "Get-HpcContainer", "-JobId", "JobNotFound" },
        { "Get-HpcContainer", "-Name", "ContainerNotFound" },
        { "Get-HpcContainer", "-Static", "StaticNotFound" },
        { "Get-HpcContainerLog", "-JobId", "JobNotFound" },
        { "Get-HpcContainerLog", "-Static", "StaticNotFound" },
        { "Get-HpcEnvironment", "-Name", "EnvironmentNotFound" },
        { "Get-HpcImage", "-Name", "ImageNotFound" },
        { "Get-HpcImage", "-Environment", "EnvironmentNotFound" },
        { "Get-HpcJob", "-JobId", "JobNotFound" },
        { "Get-IbDevice", "-Name", "DeviceMissing" },
        { "Get-JobPort", "-JobId", "JobNotFound" },
        { "Get-JobSshConfig", "-JobId", "JobNotFound" },
    };

    public ExactNameTests() => File.WriteAllText(Path.Combine(_area, "22001"), "");

    public void Dispose()
    {
        Directory.Delete(_area, recursive: true);
        _engine.Dispose();
    }

    [Fact]
    public void Every_name_that_may_be_a_pattern_is_looked_at() => Assert.Equal(
        from cmdlet in CmdletFacts.All
        where cmdlet.Declaration.VerbName == "Get"
        from parameter in cmdlet.Parameters
        where parameter.IsDefined(typeof(SupportsWildcardsAttribute), inherit: true) && parameter.Name != "Node"
        orderby cmdlet.Name, parameter.Name
        select (cmdlet.Name, "-" + parameter.Name),
        Asked.Select(asked => ((string)asked[0], (string)asked[1])).Order());

    [Theory]
    [MemberData(nameof(Asked))]
    public void A_name_that_nothing_has_is_an_error_that_names_it(string cmdlet, string parameter, string id)
    {
        var run = Run(cmdlet, parameter, "none-of-them");
        var error = run.Failure(id);
        Assert.Empty(run.Output);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Contains("'none-of-them'", error.Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Asked))]
    public void A_pattern_that_nothing_matches_gives_nothing(string cmdlet, string parameter, string id)
    {
        var run = Run(cmdlet, parameter, "none-of-them*");
        Assert.True(run.Errors.Count == 0, $"{id} for a pattern");
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("pisa/hpc:deb12")]
    [InlineData("PISA/HPC:DEB12")]
    [InlineData("registry.lab:5000/pisa/wanted:1")]
    public void An_image_that_a_node_holds_or_that_an_environment_wants_is_there(string name) =>
        Assert.Single(Run("Get-HpcImage", "-Name", name).Output);

    [Fact]
    public void A_job_that_comes_through_the_pipeline_may_have_no_container_yet()
    {
        var run = CmdletRun.Of(
            $"[pscustomobject]@{{ JobId = 'none-of-them'; Node = 'localhost' }} | Get-HpcContainer -Site '{_engine.Site}'",
            ("Get-HpcContainer", CmdletFacts.Named("Get-HpcContainer").Type));
        Assert.Empty(run.Errors);
        Assert.Empty(run.Output);
    }

    private CmdletRun Run(string cmdlet, string parameter, string value) => CmdletRun.Of(
        $"{cmdlet} {parameter} '{value}' -Site '{_engine.Site}'{(cmdlet == "Get-JobPort" ? $" -Path '{_area}'" : "")}",
        (cmdlet, CmdletFacts.Named(cmdlet).Type));
}
