using PisaHpc.Environments;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Commands;

/// <summary>A static environment or node that is not declared, among those that are: it is an error, and the others are done.</summary>
public sealed class WrongStaticNameTests : IDisposable
{
    private readonly SocketEngine _engine = new();

    public WrongStaticNameTests() =>
        File.AppendAllText(_engine.Site, "static:\n  cs7: { environment: debian12, nodes: localhost, port: 2201 }\n");

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("Compare-HpcEnvironment cs7, typo", "StaticNotFound")]
    [InlineData("Compare-HpcEnvironment cs7 -Node localhost, o2wn99", "InvalidValue")]
    [InlineData("'typo', 'cs7' | ForEach-Object { [pscustomobject]@{ Static = $_ } } | Compare-HpcEnvironment", "StaticNotFound")]
    [InlineData("Sync-HpcEnvironment cs7, typo -WhatIf -PassThru", "StaticNotFound")]
    [InlineData("Sync-HpcEnvironment cs7 -Node localhost, o2wn99 -WhatIf -PassThru", "InvalidValue")]
    [InlineData("Sync-HpcEnvironment -Node localhost, o2wn99 -WhatIf -PassThru", "InvalidValue")]
    [InlineData("Start-HpcContainer -Static cs7, typo -WhatIf -PassThru", "StaticNotFound")]
    [InlineData("Start-HpcContainer -Static cs7 -Node localhost, o2wn99 -WhatIf -PassThru", "InvalidValue")]
    [InlineData("Restart-HpcContainer -Static cs7 -Node localhost, o2wn99 -WhatIf -PassThru", "InvalidValue")]
    public void It_is_an_error_and_the_others_are_looked_at(string command, string id)
    {
        var run = Run(command);
        run.Failure(id);
        Assert.NotEmpty(run.Output);
        Assert.All(run.Output, item => Assert.Equal(
            ("localhost", "cs7"), ((string)item.Properties["Node"].Value, (string)item.Properties["Static"].Value)));
    }

    [Theory]
    [InlineData("Get-HpcContainer")]
    [InlineData("Test-HpcContainer")]
    public void Where_containers_are_looked_for_the_others_are_looked_for(string command)
    {
        var run = Run($"{command} -Static typo, cs7");
        Assert.Equal(
            [("StaticNotFound", "typo"), ("ContainerNotFound", "cs7")],
            run.Errors.Select(error => (error.FullyQualifiedErrorId.Split(',')[0], (string)error.TargetObject)));
    }

    [Theory]
    [InlineData("typo", 0, 1, 3, "UNKNOWN - typo is not declared")]
    [InlineData("cs7, typo", 1, 1, 2, "CRITICAL - cs7 Missing on localhost")]
    [InlineData("cs7 -Node localhost, o2wn99", 1, 1, 2, "o2wn99 unknown")]
    public void A_summary_counts_it_as_unknown(string asked, int nodes, int unknown, int exitCode, string said)
    {
        var run = Run($"Compare-HpcEnvironment {asked} -Summary");
        Assert.Single(run.Errors);
        var summary = Assert.IsType<HpcEnvironmentSummary>(Assert.Single(run.Output).BaseObject);
        Assert.Equal((nodes, unknown, exitCode), (summary.Nodes, summary.Unknown, summary.ExitCode));
        Assert.Contains(said, summary.Text, StringComparison.Ordinal);
    }

    private CmdletRun Run(string command) => CmdletRun.Of(
        $"$PSDefaultParameterValues['*:Site'] = '{_engine.Site}'; {command}",
        [.. CmdletFacts.All.Select(cmdlet => (cmdlet.Name, cmdlet.Type))]);
}
