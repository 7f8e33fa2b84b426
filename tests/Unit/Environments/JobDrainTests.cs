using PisaHpc.Containers;
using PisaHpc.Engines;
using PisaHpc.Environments;

namespace PisaHpc.Unit.Environments;

/// <summary>A container into which jobs are placed, and what would end it.</summary>
public sealed class JobDrainTests
{
    private readonly StaticCluster _cluster = new(
        StaticCluster.Declared.Replace("port: 2201", "port: 2201, jobs: true", StringComparison.Ordinal));

    [Fact]
    public async Task It_is_not_restarted_while_a_process_of_a_job_is_there()
    {
        var container = await _cluster.StartAsync();
        foreach (var facts in (string[])["alive yes", "pending no", "gone yes"])
        {
            _cluster.Placed = _ => Line(container.Id, facts);
            var busy = await Assert.ThrowsAsync<HpcException>(_cluster.RestartAsync);
            Assert.Equal((ErrorId.StaticBusy, "o2wn01"), (busy.Id, busy.Target));
            Assert.Contains(": 42.", busy.Message, StringComparison.Ordinal);
            Assert.Equal(ContainerState.Running, Assert.Single(_cluster.Engine.Containers).State);
        }

        foreach (var line in (string[])[Line(container.Id, "gone no"), Line(new string('f', 64), "alive yes")])
        {
            _cluster.Placed = _ => line;
            Assert.True((await _cluster.RestartAsync()).Changed);
        }
    }

    [Fact]
    public async Task Whoever_gives_jobs_time_waits_for_them_and_no_longer_than_that()
    {
        var container = await _cluster.StartAsync();
        var looks = 0;
        _cluster.Placed = _ => looks++ == 0 ? Line(container.Id, "alive yes") : "";
        await WaitAsync(container, TimeSpan.FromSeconds(60));
        Assert.Equal(2, looks);
        _cluster.Placed = _ => Line(container.Id, "alive yes");
        Assert.Equal(ErrorId.StaticBusy, (await Assert.ThrowsAsync<HpcException>(() => WaitAsync(container, TimeSpan.FromMilliseconds(1)))).Id);
    }

    [Fact]
    public async Task It_is_not_stopped_while_a_job_is_there_nor_by_the_jobs_name()
    {
        var container = await _cluster.StartAsync();
        _cluster.Placed = _ => Line(container.Id, "alive yes");
        var stopper = new StaticStopper(_cluster.Nodes.Cluster, "alice@head1");
        var busy = await Assert.ThrowsAsync<HpcException>(() => stopper.StopAsync(container, default));
        Assert.Equal((ErrorId.StaticBusy, "o2wn01"), (busy.Id, busy.Target));
        _cluster.Placed = _ => "";
        busy = await Assert.ThrowsAsync<HpcException>(() => stopper.StopAsync(container with { JobId = "42" }, default));
        Assert.Equal(ErrorId.StaticBusy, busy.Id);
        Assert.Equal(ContainerState.Running, Assert.Single(_cluster.Engine.Containers).State);
        Assert.True((await stopper.StopAsync(container, default)).Changed);
    }

    internal static string Line(string container, string facts) =>
        $"42 17 1790000000 {container} 1879070200 /run/pisahpc/.static/cs7/42 {facts}\n"
        + """{"Image":"i","Labels":{"pisahpc.job":"42","pisahpc.static":"cs7"}}""" + "\n";

    private Task WaitAsync(HpcContainer container, TimeSpan timeout) =>
        JobDrain.WaitAsync(_cluster.Nodes.Cluster, "o2wn01", container.Id, container.Name, timeout, default);
}
