using PisaHpc.Containers;
using PisaHpc.Module.Commands;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Commands;

/// <summary>The nodes for which a job of -AsJob has children. None of them exists: what the job does is no matter here.</summary>
[Collection(BatchVariables.Collection)]
public sealed class BackgroundNodesTests : IDisposable
{
    private readonly TestArea _ports = new();
    private readonly string _site = Path.GetTempFileName();

    public BackgroundNodesTests()
    {
        File.WriteAllText(_site, $$"""
            nodes: { names: 'n[1-3].invalid' }
            portArea: { path: {{_ports.Path}}, first: 40000, last: 40004 }
            environments: { cs7: { image: 'x:1' } }
            static: { cs7: { environment: cs7, port: 2201, nodes: n1.invalid } }
            """);
        _ports.Area.Lease(TestArea.Request("4711") with { Nodes = "n1.invalid*4 n2.invalid*4" });
    }

    public void Dispose()
    {
        _ports.Dispose();
        File.Delete(_site);
    }

    [Theory]
    [InlineData("Invoke-ContainerMpi hostname -JobId 4711", "n1.invalid", "n2.invalid")]
    [InlineData("Invoke-ContainerMpi hostname -JobId 4711 -Node n2.invalid", "n2.invalid")]
    [InlineData("Invoke-ContainerMpi hostname -JobId no-lease")]
    [InlineData("Get-HpcAllocation n[2-3].invalid 4 -JobId 7 | Invoke-ContainerMpi hostname -Static cs7", "n2.invalid", "n3.invalid")]
    [InlineData("Get-HpcAllocation n[2-3].invalid 4 -JobId 7 | Start-HpcJob", "n2.invalid", "n3.invalid")]
    [InlineData("Sync-HpcEnvironment cs7", "n1.invalid")]
    [InlineData("Sync-HpcEnvironment old -Prune", "n1.invalid", "n2.invalid", "n3.invalid")]
    [InlineData("Sync-HpcEnvironment old -Prune -Node n2.invalid", "n2.invalid")]
    [InlineData("Initialize-HpcNode 'n[1-2].invalid'", "n1.invalid", "n2.invalid")]
    [InlineData("Initialize-HpcNode -Force", "n1.invalid", "n2.invalid", "n3.invalid")]
    public void Each_node_that_is_known_before_has_a_child(string command, params string[] nodes) =>
        Assert.Equal(nodes, ChildrenOf(CmdletRun.Of(AsJob(command), Cmdlets)));

    [Fact]
    public void So_has_each_node_of_the_containers_that_are_given() => Assert.Equal(
        ["n1.invalid", "n3.invalid"],
        ChildrenOf(CmdletRun.With([Container("n1.invalid"), Container("n3.invalid")], AsJob("Invoke-ContainerMpi hostname"), Cmdlets)));

    [Fact]
    public void So_has_each_node_of_the_job_that_a_script_runs_in()
    {
        const string Job = "$env:SLURM_JOB_ID = 9; $env:SLURM_JOB_UID = 0; $env:SLURM_JOB_NODELIST = 'n[1-2].invalid'; "
            + "$env:SLURM_TASKS_PER_NODE = '2(x2)'; ";
        const string Leave = "; $env:SLURM_JOB_ID = $env:SLURM_JOB_UID = $env:SLURM_JOB_NODELIST = $env:SLURM_TASKS_PER_NODE = $null";
        Assert.Equal(["n1.invalid", "n2.invalid"], ChildrenOf(CmdletRun.Of(Job + AsJob("Start-HpcJob") + Leave, Cmdlets)));
    }

    /// <summary>Each of them would fail in the job, where nobody sees it before he looks.</summary>
    [Theory]
    [InlineData("Initialize-HpcNode", "InvalidValue")]
    [InlineData("Sync-HpcEnvironment old", "StaticNotFound")]
    [InlineData("Start-HpcContainer -Static old", "StaticNotFound")]
    [InlineData("Start-HpcJob", "AllocationNotFound")]
    [InlineData("Invoke-ContainerMpi hostname -JobId '47*'", "InvalidValue")]
    public void What_cannot_be_done_at_all_is_an_error_and_makes_no_job(string command, string id)
    {
        var run = CmdletRun.Of(AsJob(command), Cmdlets);
        run.Failure(id);
        Assert.Empty(run.Output);
    }

    private static (string, Type)[] Cmdlets =>
    [
        ("Invoke-ContainerMpi", typeof(InvokeContainerMpiCommand)), ("Get-HpcAllocation", typeof(GetHpcAllocationCommand)),
        ("Start-HpcJob", typeof(StartHpcJobCommand)), ("Sync-HpcEnvironment", typeof(SyncHpcEnvironmentCommand)),
        ("Initialize-HpcNode", typeof(InitializeHpcNodeCommand)), ("Start-HpcContainer", typeof(StartHpcContainerCommand)),
    ];

    private string AsJob(string command) => $"{command} -AsJob -Site {_site} | ForEach-Object {{ $_.ChildJobs.Name }}";

    private static IEnumerable<string?> ChildrenOf(CmdletRun run)
    {
        Assert.Empty(run.Errors);
        return run.Output.Where(name => name is not null).Select(name => name.ToString());
    }

    private static HpcContainer Container(string node) => new()
    {
        Node = node,
        Name = "pisahpc-7",
        Id = "c",
        JobId = "7",
        State = "Running",
        Environment = "cs7",
        Image = "x:1",
        Owner = "hpcuser",
        Slots = 1,
        Port = 0,
        ReadyTimeoutSec = 1,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };
}

/// <summary>Tests that are in a batch system's job, or outside of any, by the process's own variables: one after another.</summary>
internal static class BatchVariables
{
    public const string Collection = "Batch variables of the process";
}
