using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Sites;

namespace PisaHpc.Unit.Containers;

/// <summary>A container has what its site gives, and never more than its job has on the node.</summary>
public sealed class PlannedLimitsTests
{
    private const long Gibibyte = 1L << 30;

    [Theory]
    [InlineData(4, 64, 4)]
    [InlineData(64, 64, null)]
    [InlineData(72, 64, null)]
    [InlineData(null, 64, null)]
    public void The_quota_is_the_CPUs_of_the_job_on_the_node_and_not_its_tasks(int? granted, int has, int? quota)
    {
        var request = For(new ContainerLimits(), node => node with { Slots = 1, Cpus = granted });
        var plan = ContainerPlanner.Plan(request with { Facts = request.Facts with { Cpus = has } });
        Assert.Equal(quota, plan.GetSpec().Cpus);
        Assert.Equal(quota is null ? [] : [new PlanOption("cpus", $"{quota}", "allocation")], Options(plan, "cpus"));
    }

    [Theory]
    [InlineData(null, 3L, 3L, "allocation")]
    [InlineData(2L, 3L, 2L, "built-in")]
    [InlineData(4L, 3L, 3L, "allocation")]
    [InlineData(2L, null, 2L, "built-in")]
    [InlineData(2L, -1L, 2L, "built-in")]
    [InlineData(null, -1L, null, null)]
    [InlineData(null, null, null, null)]
    public void Memory_is_the_smaller_of_what_the_site_gives_and_what_was_granted(long? site, long? granted, long? memory, string? origin)
    {
        var plan = Plan(
            new ContainerLimits { MemoryBytes = site * Gibibyte }, node => node with { MemoryBytes = granted > 0 ? granted * Gibibyte : granted });
        Assert.Equal(memory * Gibibyte, plan.GetSpec().MemoryBytes);
        Assert.Equal(origin is null ? [] : [new PlanOption("memory", $"{memory * Gibibyte}", origin)], Options(plan, "memory"));
    }

    [Fact]
    public void Memory_for_each_slot_is_bounded_as_well() => Assert.Equal(
        8 * Gibibyte,
        Plan(new ContainerLimits { MemoryPerSlotBytes = Gibibyte }, node => node with { MemoryBytes = 8 * Gibibyte }).GetSpec().MemoryBytes);

    [Fact]
    public void A_site_may_leave_what_was_granted_out_of_account()
    {
        var limits = new ContainerLimits { Bounds = JobLimits.None, MemoryBytes = 9 * Gibibyte };
        var spec = Plan(limits, node => node with { Cpus = 2, MemoryBytes = Gibibyte }).GetSpec();
        Assert.Equal((null, 9 * Gibibyte), (spec.Cpus, spec.MemoryBytes));
    }

    [Fact]
    public void A_quota_that_the_site_does_not_want_is_none_though_memory_is_bounded()
    {
        var spec = Plan(new ContainerLimits { CpusFromSlots = false }, node => node with { Cpus = 2, MemoryBytes = Gibibyte }).GetSpec();
        Assert.Equal((null, Gibibyte), (spec.Cpus, spec.MemoryBytes));
    }

    [Fact]
    public void A_static_environment_has_no_job_that_bounds_it()
    {
        var request = For(new ContainerLimits { Bounds = JobLimits.None }, node => node with { Cpus = 2, MemoryBytes = Gibibyte });
        var spec = ContainerPlanner.Plan(request with { Workload = PlanRequests.Static }).GetSpec();
        Assert.Equal((2, null), (spec.Cpus, spec.MemoryBytes));
    }

    [Theory]
    [InlineData(null, 1L, "nobody told how many CPUs job 42 was granted there")]
    [InlineData(2, null, "nobody told how much memory job 42 was granted there")]
    public void Where_the_site_requires_it_a_job_whose_grant_is_not_known_is_not_planned(int? cpus, long? memory, string reason)
    {
        var request = For(new ContainerLimits { Bounds = JobLimits.Required }, node => node with { Cpus = cpus, MemoryBytes = memory });
        var failure = Assert.Throws<HpcException>(() => ContainerPlanner.Plan(request));
        Assert.Equal((ErrorId.PlanConflict, "o2wn01"), (failure.Id, failure.Target));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_no_batch_system_granted_is_not_asked_for()
    {
        var request = For(new ContainerLimits { Bounds = JobLimits.Required }, node => node);
        var manual = Workload.Of(PlanRequests.Allocation with { BatchSystem = Scheduler.Manual });
        Assert.Null(ContainerPlanner.Plan(request with { Workload = manual }).GetSpec().MemoryBytes);
    }

    private static HpcContainerPlan Plan(ContainerLimits limits, Func<AllocatedNode, AllocatedNode> granted) =>
        ContainerPlanner.Plan(For(limits, granted));

    private static IEnumerable<PlanOption> Options(HpcContainerPlan plan, string name) => plan.Options.Where(option => option.Name == name);

    private static PlanRequest For(ContainerLimits limits, Func<AllocatedNode, AllocatedNode> granted)
    {
        var request = PlanRequests.For(PlanRequests.Environment with { Limits = limits });
        return request with { Node = granted(request.Node) };
    }
}
