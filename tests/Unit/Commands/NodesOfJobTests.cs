using PisaHpc.Jobs;
using PisaHpc.Module.Commands;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Commands;

/// <summary>
/// Where a job is looked for that is named by its id alone. No node exists here: the errors say which of them were asked.
/// </summary>
public sealed class NodesOfJobTests : IDisposable
{
    private readonly TestArea _ports = new();
    private readonly string _site = Path.GetTempFileName();

    public NodesOfJobTests()
    {
        WriteSite(_ports.Area.Path);
        _ports.Area.Lease(TestArea.Request("4711") with { Nodes = "leased.invalid*4" });
    }

    public static TheoryData<string, Type> Lookups => new()
    {
        { "Get-HpcJob", typeof(GetHpcJobCommand) },
        { "Get-HpcContainer -JobId", typeof(GetHpcContainerCommand) },
        { "Get-JobSshConfig", typeof(GetJobSshConfigCommand) },
        { "Remove-JobSshConfig", typeof(RemoveJobSshConfigCommand) },
        { "Invoke-ContainerMpi hostname -JobId", typeof(InvokeContainerMpiCommand) },
        { "Stop-HpcJob", typeof(StopHpcJobCommand) },
    };

    public void Dispose()
    {
        _ports.Dispose();
        File.Delete(_site);
    }

    [Theory]
    [MemberData(nameof(Lookups))]
    public void A_job_that_has_a_lease_is_looked_for_on_its_own_nodes(string command, Type type) =>
        Assert.Equal(["leased.invalid"], NodesAsked(Run($"{command} 4711", type)));

    [Theory]
    [MemberData(nameof(Lookups))]
    public void A_job_without_a_lease_may_be_anywhere_on_the_site(string command, Type type)
    {
        var run = Run($"{command} 4712", type);
        Assert.Contains("stranger.invalid", NodesAsked(run).Concat(run.Warnings.SelectMany(text => text.Split(' ', ':'))));
    }

    /// <summary>An epilog that fails drains its node: that a stranger is down is no failure of a job of which nothing is known.</summary>
    [Fact]
    public void A_stop_of_a_job_that_never_was_succeeds_and_warns_of_the_nodes_that_could_not_be_asked()
    {
        var run = Run("Stop-HpcJob 4712", typeof(StopHpcJobCommand));
        Assert.Equal((nameof(JobState.NotFound), false), (run.Single<HpcJob>().State, run.Single<HpcJob>().Changed));
        Assert.Contains("stranger.invalid", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_of_a_job_on_a_named_node_that_does_not_answer_fails()
    {
        var run = Run("Stop-HpcJob 4712 -Node named.invalid", typeof(StopHpcJobCommand));
        Assert.Equal(["named.invalid"], NodesAsked(run));
        Assert.Equal(nameof(JobState.Leftover), Assert.IsType<HpcJob>(Assert.Single(run.Output).BaseObject).State);
    }

    [Fact]
    public void Several_jobs_are_looked_for_each_where_it_is()
    {
        _ports.Area.Lease(TestArea.Request("4713") with { Nodes = "other.invalid*4" });
        var run = Run("Get-HpcContainer -JobId 4711, 4713", typeof(GetHpcContainerCommand));
        Assert.Equal(["leased.invalid", "other.invalid"], NodesAsked(run));
    }

    [Theory]
    [InlineData("Get-HpcContainer -JobId '47*'")]
    [InlineData("Get-HpcContainer")]
    public void A_pattern_asks_the_site(string command) =>
        Assert.Equal(["stranger.invalid"], NodesAsked(Run(command, typeof(GetHpcContainerCommand))));

    [Fact]
    public void Nodes_that_are_named_are_asked_and_no_others() => Assert.Equal(
        ["named.invalid"], NodesAsked(Run("Get-HpcContainer named.invalid -JobId 4711", typeof(GetHpcContainerCommand))));

    [Fact]
    public void Where_the_port_area_is_not_mounted_the_site_is_asked_and_a_warning_says_why()
    {
        WriteSite("/nowhere/ports");
        var run = Run("Get-HpcContainer -JobId 4711", typeof(GetHpcContainerCommand));
        Assert.Equal(["stranger.invalid"], NodesAsked(run));
        Assert.Contains("/nowhere/ports", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    private static IEnumerable<string> NodesAsked(CmdletRun run) => run.Errors
        .SelectMany(error => (error.TargetObject?.ToString() ?? "").Split(','))
        .Where(target => target.EndsWith(".invalid", StringComparison.Ordinal))
        .Distinct()
        .Order(StringComparer.Ordinal);

    private void WriteSite(string area) =>
        File.WriteAllText(_site, $"nodes: {{ names: stranger.invalid }}\nportArea: {{ path: '{area}', first: 22000, last: 22010 }}\n");

    private CmdletRun Run(string command, Type type) => CmdletRun.Of($"{command} -Site {_site}", (command.Split(' ')[0], type));
}
