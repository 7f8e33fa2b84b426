using System.Globalization;
using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Containers;

/// <summary>What a plan takes grows with its nodes and no faster: bytes are counted, since times are no test.</summary>
public sealed class PlanGrowthTests
{
    private const int Few = 1_000;
    private const int Many = 10_000;

    [Fact]
    public void A_plan_of_ten_times_the_nodes_takes_ten_times_the_memory()
    {
        BytesOfPlan(10);
        var (few, many) = (BytesOfPlan(Few) / (double)Few, BytesOfPlan(Many) / (double)Many);
        Assert.InRange(many / few, 0.8, 1.2);
        Assert.InRange(many, 1, 15_500);
    }

    /// <summary>The bytes that planning an allocation takes, from its nodes' names to a container for each.</summary>
    private static long BytesOfPlan(int count)
    {
        // No two neighbours fold.
        var allocation = PlanRequests.Allocation with
        {
            Nodes = [.. Enumerable.Range(0, count).Select(index => new AllocatedNode(NameOf(index), 1 + (index % 48)))],
        };
        var facts = PlanRequests.For(PlanRequests.Environment).Facts with { Devices = [] };
        var survey = new AllocationSurvey(
            allocation.Nodes.ToDictionary(node => node.Name, _ => facts), new Dictionary<string, StoredImage?>());
        var image = new PlannedImage(PlanRequests.Environment.Image, null, null);
        var planner = new AllocationPlanner(
            new FakeCluster().Cluster, new AllocationPlanRequest { Allocation = allocation, Environment = PlanRequests.Environment });

        var before = GC.GetAllocatedBytesForCurrentThread();
        var ssh = JobSshSetup.Predict(Sample.Request() with { Allocation = allocation });
        Assert.Equal(count, planner.Plan(survey, image, ssh).Count);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string NameOf(int index)
    {
        var number = (index * 7).ToString(CultureInfo.InvariantCulture);
        return index % 2 == 0 ? $"rack{index % 97}node{number}" : $"gpu-{number}-ib";
    }
}
