using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Jobs;

namespace PisaHpc.Unit.Jobs;

/// <summary>Each of a job's containers names all of its nodes: to read that of each would take the square of their number.</summary>
public sealed class JobViewGrowthTests
{
    private const int Few = 500;
    private const int Many = 5_000;

    [Fact]
    public void A_job_of_ten_times_the_nodes_takes_ten_times_the_memory()
    {
        BytesOfView(10);
        Assert.InRange(BytesOfView(Many) / (10.0 * BytesOfView(Few)), 0.8, 1.2);
    }

    private static long BytesOfView(int count)
    {
        var nodes = Enumerable.Range(0, count)
            .Select(index => new AllocatedNode(string.Create(CultureInfo.InvariantCulture, $"rack{index % 97}node{index}"), 1 + (index % 48)))
            .ToList();
        var label = SlotMap.Format(nodes);
        var found = nodes.Select(node => (node.Name, Container(node.Name, label))).ToList();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var job = JobView.From("42", null, found, busy: false);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((nameof(JobState.Running), count), (job.State, job.Nodes.Count));
        return bytes;
    }

    private static EngineContainer Container(string node, string label) => new()
    {
        Id = node,
        Name = "pisahpc-42-0123abcd",
        Image = "registry.lab:5000/pisa/hpc:deb12",
        State = ContainerState.Running,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Labels = new Dictionary<string, string> { [ContainerLabels.Job] = "42", [ContainerLabels.Nodes] = label },
    };
}
