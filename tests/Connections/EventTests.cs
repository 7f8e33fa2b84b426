using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>What an engine of the lab tells of its containers as it happens.</summary>
[Trait("Category", "Connections")]
public sealed class EventTests(Lab lab) : IClassFixture<Lab>, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>An event that does not come fails its test, and does not hold the others.</summary>
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));

    public void Dispose() => _limit.Dispose();

    [Theory]
    [InlineData(SshClientKind.Builtin)]
    [InlineData(SshClientKind.OpenSsh)]
    public async Task The_life_of_a_container_is_told_in_order_with_its_exit_code_and_labels(SshClientKind client)
    {
        await using var reach = new Reach(Lab.Access with { Client = client });
        var engine = await reach.EngineAsync();
        var since = (await engine.DescribeAsync(None)).Now!.Value;
        var run = $"run-{Guid.NewGuid():N}";
        var mine = lab.Spec with { Command = ["/bin/sh", "-c", "exit 5"], Labels = new Dictionary<string, string>(lab.Spec.Labels) { [run] = "1" } };
        var id = await engine.CreateAsync(mine, None);
        await engine.CreateAsync(lab.Spec, None);
        await engine.StartAsync(id, None);
        var seen = new List<ContainerEvent>();
        await foreach (var told in engine.ReadEventsAsync(since, new Dictionary<string, string?> { [run] = "1" }, _limit.Token))
        {
            seen.Add(told);
            if (told.Kind == ContainerEventKind.Died)
            {
                // It is told while it happens: had this one been held back, the next would never come.
                await engine.RemoveAsync(id, None);
            }

            if (told.Kind == ContainerEventKind.Destroyed)
            {
                break;
            }
        }

        Assert.Equal(
            [ContainerEventKind.Created, ContainerEventKind.Started, ContainerEventKind.Died, ContainerEventKind.Destroyed],
            seen.Select(told => told.Kind));
        Assert.All(seen, told => Assert.Equal((id, mine.Name, "1"), (told.ContainerId, told.Name, told.Labels[run])));
        Assert.Equal([null, null, 5, null], seen.Select(told => told.ExitCode));
        Assert.Equal(seen.Select(told => told.Time).Order(), seen.Select(told => told.Time));
        Assert.DoesNotContain("exitCode", seen.SelectMany(told => told.Labels.Keys));
    }

    [Fact]
    public async Task A_process_that_was_killed_for_memory_is_told_while_the_container_runs_on()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var since = (await engine.DescribeAsync(None)).Now!.Value;
        var id = await engine.CreateAsync(
            lab.Spec with { MemoryBytes = 16 << 20, Command = ["/bin/sh", "-c", "dd if=/dev/zero of=/dev/null bs=256M count=1; sleep 1000"] },
            None);
        await engine.StartAsync(id, None);
        var kinds = new List<ContainerEventKind>();
        await foreach (var told in engine.ReadEventsAsync(since, new Dictionary<string, string?>([lab.Mark]), _limit.Token))
        {
            if (told.ContainerId == id)
            {
                kinds.Add(told.Kind);
            }

            if (told.Kind == ContainerEventKind.OutOfMemory)
            {
                break;
            }
        }

        Assert.DoesNotContain(ContainerEventKind.Died, kinds);
        Assert.Equal(ContainerState.Running, (await engine.FindAsync(id, None))!.State);
    }

    [Fact]
    public async Task Listening_ends_with_its_token()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
        var since = (await engine.DescribeAsync(None)).Now!.Value;
        await engine.CreateAsync(lab.Spec, None);
        await using var events = engine.ReadEventsAsync(since, new Dictionary<string, string?>([lab.Mark]), stop.Token).GetAsyncEnumerator(None);
        Assert.True(await events.MoveNextAsync());
        var listening = HeardAsync(events);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
    }

    [Fact]
    public async Task A_connection_that_breaks_ends_it_with_a_failure()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var node = await reach.NodeAsync();
        var since = (await engine.DescribeAsync(None)).Now!.Value;
        await engine.CreateAsync(lab.Spec, None);
        await using var events = engine.ReadEventsAsync(since, new Dictionary<string, string?>([lab.Mark]), _limit.Token).GetAsyncEnumerator(None);

        // Once something was told, it is this connection that is listened on, and not one that is opened after its end.
        Assert.True(await events.MoveNextAsync());
        var listening = HeardAsync(events);
        await Assert.ThrowsAsync<HpcException>(() => node.RunAsync(["sh", "-c", "kill -KILL $PPID"], default, None));
        var failure = await Assert.ThrowsAsync<HpcException>(() => listening);
        Assert.Contains(failure.Id, new[] { ErrorId.EngineUnavailable, ErrorId.NodeUnreachable });
    }

    private static async Task HeardAsync(IAsyncEnumerator<ContainerEvent> events)
    {
        while (await events.MoveNextAsync())
        {
        }
    }
}
