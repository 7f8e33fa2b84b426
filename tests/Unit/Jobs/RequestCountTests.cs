using PisaHpc.Access.Agent;
using PisaHpc.Jobs;
using PisaHpc.Sites;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs;

/// <summary>What a start asks of each node: with a thousand nodes, every further question is a thousand.</summary>
public sealed class RequestCountTests : IDisposable
{
    private readonly JobCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_start_asks_a_node_four_times_and_its_engine_five_times()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);

        Assert.All(JobCluster.NodeNames, node =>
        {
            var asked = _cluster.Nodes.Calls.Where(call => call.Node == node).ToLookup(call => call.Step, call => call.Subject);
            // The probe, the job's directory, the login, and beside it the limits in force.
            Assert.Equal(4, asked[FakeStep.Run].Count());
            Assert.Equal(
                [
                    (FakeStep.FindImage, 1), (FakeStep.Create, 1), (FakeStep.Start, 1), (FakeStep.Find, 1), (FakeStep.List, 1),
                ],
                asked.Where(step => step.Key is not (FakeStep.Run or FakeStep.Connect or FakeStep.ConnectEngine))
                    .OrderBy(step => step.Key).Select(step => (step.Key, step.Count())));
        });
    }

    /// <summary>A kernel is asked for no limit that nobody set.</summary>
    [Fact]
    public async Task Without_a_limit_of_CPUs_or_memory_it_is_three_times()
    {
        var unlimited = JobCluster.With(containers => containers with
        {
            Environment = containers.Environment with { Limits = new ContainerLimits { CpusFromSlots = false } },
        });
        await _cluster.Starter.StartAsync(unlimited, _ => Task.CompletedTask, CancellationToken.None);
        Assert.All(JobCluster.NodeNames, node => Assert.Equal(
            3, _cluster.Nodes.Calls.Count(call => call.Node == node && call.Step == FakeStep.Run)));
    }

    /// <summary>Whether a job is placed into a static environment costs nothing where it is not.</summary>
    [Fact]
    public async Task A_look_asks_each_engine_once_and_a_stop_each_engine_three_times_and_each_node_once()
    {
        await _cluster.Starter.StartAsync(JobCluster.Request(), _ => Task.CompletedTask, CancellationToken.None);
        var before = _cluster.Nodes.Calls.Count;
        var job = Assert.Single(await _cluster.Finder.FindAsync(["42"], [], CancellationToken.None));
        Assert.All(JobCluster.NodeNames, node => Assert.Equal([FakeStep.List], AskedSince(before, node)));

        before = _cluster.Nodes.Calls.Count;
        await _cluster.Stopper.StopAsync(
            new JobStopRequest { Job = job, RunDirectory = "/run/pisahpc" }, _ => { }, CancellationToken.None);
        Assert.All(JobCluster.NodeNames, node => Assert.Equal(
            [FakeStep.List, FakeStep.Remove, FakeStep.Run, FakeStep.List], AskedSince(before, node)));
        Assert.Empty(_cluster.Ended);
        Assert.Empty(_cluster.Leftovers());
    }

    /// <summary>The program is no more than a path that the probe looks for, on a node that has it.</summary>
    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 5)]
    public async Task An_agent_costs_a_node_one_more_question_when_it_is_the_first(bool there, int runs)
    {
        var place = new AgentPlace(new byte[] { 1, 2, 3 }, new string('a', 64), "/run/pisahpc");
        if (!there)
        {
            _cluster.Missing.Add(place.File);
        }

        await _cluster.Starter.StartAsync(
            JobCluster.With(containers => containers with { Agent = place }), _ => Task.CompletedTask, CancellationToken.None);

        Assert.All(JobCluster.NodeNames, node => Assert.Equal(
            runs, _cluster.Nodes.Calls.Count(call => call.Node == node && call.Step == FakeStep.Run)));
    }

    private IEnumerable<FakeStep> AskedSince(int before, string node) => _cluster.Nodes.Calls.Skip(before)
        .Where(call => call.Node == node && call.Step is not (FakeStep.Connect or FakeStep.ConnectEngine)).Select(call => call.Step);
}
