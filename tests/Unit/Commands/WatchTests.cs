using PisaHpc.Jobs;
using PisaHpc.Preflight;
using PisaHpc.Unit.Face;

namespace PisaHpc.Unit.Commands;

/// <summary>What is looked at again and again, where no terminal is: each look puts its objects out.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly SocketEngine _engine = new()
    {
        Containers = { ["pisahpc-42-a"] = new() { ["pisahpc.schema"] = "2", ["pisahpc.job"] = "42", ["pisahpc.owner"] = "hpcuser" } },
    };

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("Get-HpcNode -Watch -IntervalSec 1", typeof(HpcNode))]
    [InlineData("Get-HpcNode -Watch -Fold -IntervalSec 1", typeof(HpcNodeGroup))]
    [InlineData("Get-HpcNode -Watch -Summary -IntervalSec 1", typeof(HpcNodeSummary))]
    [InlineData("Get-HpcJob -Watch -IntervalSec 1", typeof(HpcJob))]
    public void Each_look_puts_its_objects_out_until_the_pipeline_has_enough(string script, Type type)
    {
        var run = Run($"foreach ($once in 1) {{ {script} | ForEach-Object {{ $_; if (++$n -eq 2) {{ break }} }} }}");
        Assert.Empty(run.Errors);
        Assert.Equal([type, type], run.Output.Select(row => row.BaseObject.GetType()));
    }

    [Fact]
    public void A_job_of_which_nothing_is_left_is_watched_no_more()
    {
        var run = Run("Get-HpcJob 43 -Watch -IntervalSec 1");
        run.Failure("JobNotFound");
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("Get-HpcNode -IntervalSec 1", "-IntervalSec has no meaning without -Watch.")]
    [InlineData("Get-HpcJob -IntervalSec 1", "-IntervalSec has no meaning without -Watch.")]
    [InlineData("Compare-HpcEnvironment -Fold -Summary", "-Fold and -Summary cannot be used together: each says what is put out.")]
    [InlineData("Test-HpcContainer -Fold -Summary", "-Fold and -Summary cannot be used together: each says what is put out.")]
    [InlineData("Get-HpcNode -Fold -Summary", "-Fold and -Summary cannot be used together: each says what is put out.")]
    [InlineData("Test-HpcNode -OnlyProblems -Summary", "-OnlyProblems and -Summary cannot be used together: each says what is put out.")]
    public void What_means_nothing_is_refused(string script, string message) =>
        Assert.Equal(message, Run(script).Failure("InvalidValue").Exception.Message);

    [Fact]
    public void A_job_that_is_in_the_state_is_written_at_once()
    {
        Assert.Equal("job 42: Running on localhost", $"{Run("Wait-HpcJob 42").Single<HpcJob>()}");
        Assert.Equal("job 43: Stopped", $"{Run("Wait-HpcJob 43 -State Stopped, Degraded").Single<HpcJob>()}");
    }

    [Fact]
    public void One_that_is_not_within_the_time_is_an_error_that_says_how_it_is()
    {
        var run = Run("'42', '43' | Wait-HpcJob -TimeoutSec 1 -IntervalSec 1");
        Assert.Equal("Job 43 is Stopped, and was not Running within 1 s.", run.Failure("JobNotInState").Exception.Message);
        Assert.Equal("42", Assert.IsType<HpcJob>(Assert.Single(run.Output).BaseObject).JobId);
    }

    [Fact]
    public void Where_a_node_is_silent_a_job_is_not_said_to_have_stopped()
    {
        File.WriteAllText(_engine.Site, $"nodes: {{ names: localhost, engineSocket: {_engine.Path}.none, ssh: {{ client: local }} }}\n");
        var run = Run("Wait-HpcJob 43 -State Stopped -TimeoutSec 3 -IntervalSec 1");
        Assert.Equal(["EngineUnavailable", "JobNotInState"], run.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Contains("is NotFound", run.Errors[1].ToString(), StringComparison.Ordinal);
    }

    private CmdletRun Run(string script) => CmdletRun.Of(
        $"$PSDefaultParameterValues['*-Hpc*:Site'] = '{_engine.Site}'; {script}",
        [.. CmdletFacts.All.Select(cmdlet => (cmdlet.Name, cmdlet.Type))]);
}
