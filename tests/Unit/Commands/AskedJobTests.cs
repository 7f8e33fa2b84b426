using PisaHpc.Jobs;
using PisaHpc.Module.Commands;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Commands;

/// <summary>Get-HpcJob -AskBatchSystem where nobody answers: no node and no host with Slurm's programs exists here.</summary>
public sealed class AskedJobTests : IDisposable
{
    private readonly TestArea _ports = new();
    private readonly string _site = Path.GetTempFileName();

    public AskedJobTests()
    {
        File.WriteAllText(_site, $$"""
            portArea: { path: {{_ports.Area.Path}}, first: 40000, last: 40004 }
            nodes: { names: [ nowhere.invalid ] }
            batch: { system: slurm, host: login.invalid }

            """);
        _ports.Area.Lease(TestArea.Request("4711") with { Nodes = "nowhere.invalid*4" });
    }

    public void Dispose()
    {
        _ports.Dispose();
        File.Delete(_site);
    }

    [Fact]
    public void A_batch_system_that_does_not_answer_is_an_error_of_its_own_beside_the_jobs()
    {
        var run = Run("-AskBatchSystem");
        Assert.Equal(["nowhere.invalid", "login.invalid"], run.Errors.Select(error => error.TargetObject.ToString()));
        var job = Assert.IsType<HpcJob>(Assert.Single(run.Output).BaseObject);
        Assert.Equal(("4711", "Leftover", null), (job.JobId, job.State, job.BatchState));
    }

    [Fact]
    public void Its_jobs_have_a_view_of_their_own_and_are_the_same_objects()
    {
        var shown = Assert.Single(Run("-AskBatchSystem").Output);
        Assert.Equal(["PisaHpc.Jobs.HpcJob#BatchSystem", "PisaHpc.Jobs.HpcJob"], shown.TypeNames.Take(2));
        Assert.Equal("PisaHpc.Jobs.HpcJob", Assert.Single(Run("").Output).TypeNames[0]);
    }

    [Theory]
    [InlineData("-SubmitHost login1", "MissingMandatoryParameter,")]
    [InlineData("-AskBatchSystem -Ended", "AmbiguousParameterSet,")]
    public void What_would_not_be_heeded_is_refused(string parameters, string id) =>
        Assert.StartsWith(id, Assert.Single(Run(parameters).Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

    private CmdletRun Run(string parameters) =>
        CmdletRun.Of($"Get-HpcJob {parameters} -Site '{_site}'", ("Get-HpcJob", typeof(GetHpcJobCommand)));
}
