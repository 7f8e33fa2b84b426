using PisaHpc.Batch;
using PisaHpc.HostLists;
using PisaHpc.Module.Commands;

namespace PisaHpc.Unit.Commands;

[Collection(BatchVariables.Collection)]
public sealed class GetHpcAllocationTests : IDisposable
{
    private const string Leave = "foreach ($name in 'LSB_JOBID', 'SLURM_JOB_ID', 'SLURM_JOBID', 'PBS_JOBID') { [Environment]::SetEnvironmentVariable($name, $null) };";
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-allocation-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Nodes_and_slots_make_an_allocation_of_the_current_user()
    {
        var allocation = Run("Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24 -Queue hpc").Single<HpcAllocation>();
        Assert.Equal([new("o2wn01", 32) { Cpus = 32 }, new("o2wn02", 24) { Cpus = 24 }], allocation.Nodes);
        Assert.Equal(("hpc", nameof(Scheduler.Manual), JobOwners.Current().Name), (allocation.Queue, allocation.Scheduler, allocation.Owner.Name));
    }

    [Fact]
    public void Nodes_slots_id_and_owner_can_be_said_in_one_line()
    {
        var allocation = Run("Get-HpcAllocation o2wn01,o2wn02 56 -JobId 1234[5] -Owner 'hpcuser:4001:4001,5001'").Single<HpcAllocation>();
        Assert.Equal(("1234[5]", 112, 4001u), (allocation.JobId, allocation.TotalSlots, allocation.Owner.Uid));
    }

    [Fact]
    public void The_nodes_of_one_allocation_can_be_those_of_another()
    {
        var allocation = Run("$a = Get-HpcAllocation 'n[1-3]' 2; Get-HpcAllocation -Node $a.Nodes -Slot 1; Get-HpcAllocation $a 1").Output;
        Assert.All(allocation, item => Assert.Equal("n[1-3]", HostList.Fold(((HpcAllocation)item.BaseObject).Nodes.Select(node => node.Name))));
        Assert.Equal(2, allocation.Count);
    }

    [Fact]
    public void Patterns_are_matched_with_the_nodes_that_the_site_knows()
    {
        var failure = Run($"Get-HpcAllocation 'o2wn*' 2 -Site {Path.Combine(_directory, "missing.yaml")}").Failure("SiteInvalid");
        Assert.Contains("missing.yaml", failure.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(["a2", "a1", "b1"], HostList.Match(["a2", "a?", "b1"], ["a[1-2],c"]));
        Assert.Equal(ErrorId.InvalidValue, Assert.Throws<HpcException>(() => HostList.Match(["x*"], ["a[1-2]"])).Id);
        Assert.Contains("names no nodes", Assert.Throws<HpcException>(() => HostList.Match(["x*"], [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_that_differs_is_an_error_with_both_numbers()
    {
        var failure = Run("Get-HpcAllocation 'n[1-3]' 1,2").Failure("InvalidValue");
        Assert.Contains("2 numbers of slots cannot be for 3 nodes (n[1-3])", failure.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("-Slot 32,24", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_owner_is_an_error_that_names_it() =>
        Assert.Equal("no-such-user", Run("Get-HpcAllocation n1 1 -Owner no-such-user").Failure("UserNotFound").TargetObject);

    [Fact]
    public void Outside_of_a_job_the_next_step_is_an_allocation_by_hand() =>
        Assert.Contains("-Node", Run("Get-HpcAllocation").Failure("AllocationNotFound").ErrorDetails.RecommendedAction, StringComparison.Ordinal);

    [Fact]
    public void In_a_job_the_environment_says_all()
    {
        var hostFile = Path.Combine(_directory, "hosts");
        File.WriteAllText(hostFile, "o2wn01\no2wn01\n");
        var script = $"$env:LSB_JOBID = '12'; $env:LSB_DJOB_HOSTFILE = '{hostFile}'; try {{ Get-HpcAllocation -Owner root }} finally {{ $env:LSB_JOBID = $null; $env:LSB_DJOB_HOSTFILE = $null }}";
        var allocation = Run(script).Single<HpcAllocation>();
        Assert.Equal(("12", nameof(Scheduler.Lsf), 2), (allocation.JobId, allocation.Scheduler, allocation.TotalSlots));
    }

    [Fact]
    public void The_batch_systems_offered_are_those_that_have_an_environment() =>
        Assert.Contains("Manual", Run("Get-HpcAllocation -Scheduler Manual").Failure("ParameterArgumentValidationError").Exception.Message, StringComparison.Ordinal);

    private static CmdletRun Run(string script) => CmdletRun.Of(Leave + script, ("Get-HpcAllocation", typeof(GetHpcAllocationCommand)));
}
