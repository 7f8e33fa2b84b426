using System.Collections.Concurrent;
using PisaHpc.Access.Agent;
using PisaHpc.Jobs;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs;

/// <summary>When a start tries the way into its containers.</summary>
public sealed class FirstLoginTests : IDisposable
{
    private readonly JobCluster _cluster = new();
    private readonly AgentPlace _agent = new(new byte[] { 1, 2, 3 }, new string('a', 64), "/run/pisahpc");

    public void Dispose() => _cluster.Dispose();

    /// <summary>A client without the agent program's relay would ask again and again until somebody listens.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task It_begins_while_the_engine_starts_the_container_where_it_waits_for_that(bool relay, int logins)
    {
        var seen = new ConcurrentQueue<int>();
        foreach (var node in JobCluster.NodeNames)
        {
            _cluster.Nodes.Before(node, FakeStep.Start, _ =>
            {
                seen.Enqueue(LoginsOn(node));
                return Task.CompletedTask;
            });
        }

        await _cluster.Starter.StartAsync(RequestWith(relay ? _agent : null), _ => Task.CompletedTask, CancellationToken.None);

        Assert.Equal(JobCluster.NodeNames.Select(_ => logins), seen);
        Assert.All(JobCluster.NodeNames, node => Assert.Equal(1, LoginsOn(node)));
    }

    [Fact]
    public async Task It_ends_with_a_start_that_fails()
    {
        var ended = new ConcurrentQueue<string>();
        foreach (var node in JobCluster.NodeNames)
        {
            _cluster.Nodes.Before(node, FakeStep.Run, token => IsLogin(_cluster.Nodes.Calls.Last(call => IsRunOn(call, node)))
                ? Task.Delay(Timeout.Infinite, token).ContinueWith(_ => ended.Enqueue(node), CancellationToken.None)
                : Task.CompletedTask);
            _cluster.Nodes.FailOn(node, FakeStep.Start, new HpcException(ErrorId.NodeCommandFailed, "No.", node));
        }

        var failure = await Assert.ThrowsAsync<HpcException>(() =>
            _cluster.Starter.StartAsync(RequestWith(_agent), _ => Task.CompletedTask, CancellationToken.None));

        Assert.Equal(ErrorId.JobRolledBack, failure.Id);
        Assert.Equal(_cluster.Nodes.Calls.Where(IsLogin).Select(call => call.Node).Order(), ended.Order());
        Assert.NotEmpty(ended);
        Assert.Empty(_cluster.Leftovers());
    }

    private static JobRequest RequestWith(AgentPlace? agent) => JobCluster.With(containers => containers with { Agent = agent });

    private int LoginsOn(string node) => _cluster.Nodes.Calls.Count(call => IsRunOn(call, node) && IsLogin(call));

    private static bool IsRunOn(FakeCall call, string node) => call.Step == FakeStep.Run && call.Node == node;

    private static bool IsLogin(FakeCall call) => call.Subject.Contains("Access/Ssh/readiness.sh", StringComparison.Ordinal);
}
