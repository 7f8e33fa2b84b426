using System.Diagnostics;
using PisaHpc.Engines;

namespace PisaHpc.Connections;

/// <summary>The logs of containers on a lab's node, over ssh.</summary>
[Trait("Category", "Connections")]
public class DockerLogTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_followed_log_gives_lines_as_they_come_and_ends_with_the_container()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var script = "trap 'echo two >&2; exit 4' TERM; echo one; while :; do sleep 0.1; done";
        var id = await engine.CreateAsync(lab.Spec with { Init = false, Command = ["/bin/sh", "-c", script] }, None);
        await engine.StartAsync(id, None);
        var seen = new List<(string Stream, string Text)>();
        await foreach (var line in engine.ReadLogAsync(id, null, follow: true, None))
        {
            seen.Add((line.Stream, line.Text));
            if (seen.Count == 1)
            {
                // The container goes on only now: had its first line been held back, this would not come to an end.
                await engine.StopAsync(id, TimeSpan.FromSeconds(60), None);
            }
        }

        Assert.Equal([("stdout", "one"), ("stderr", "two")], seen);
        Assert.Equal((ContainerState.Exited, 4), Lab.StateOf(await engine.FindAsync(id, None)));
    }

    [Fact]
    public async Task Following_a_log_ends_with_its_token()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await engine.CreateAsync(lab.Spec, None);
        await engine.StartAsync(id, None);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var line in engine.ReadLogAsync(id, null, follow: true, stop.Token))
            {
                Assert.Fail($"the container is silent and said {line}");
            }
        });
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"took {clock.Elapsed}");
    }

    [Fact]
    public async Task The_tail_of_a_log_and_a_very_long_line_come_whole()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var lines = await Lab.OutputAsync(engine, lab.Spec with { Command = ["/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; for i in 1 2 3 4 5; do echo $i; done"] });
        Assert.Equal([100_000, 1, 1, 1, 1, 1], lines.Select(line => line.Text.Length));
        var tail = new List<string>();
        await foreach (var line in engine.ReadLogAsync((await NewestAsync(engine)).Id, 2, follow: false, None))
        {
            tail.Add(line.Text);
        }

        Assert.Equal(["4", "5"], tail);
    }

    [Fact]
    public async Task A_log_of_no_container_is_told()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var failure = await Assert.ThrowsAsync<HpcException>(async () => await engine.ReadLogAsync("nonesuch", null, false, None).GetAsyncEnumerator(None).MoveNextAsync());
        Assert.Equal(ErrorId.ContainerNotFound, failure.Id);
    }

    [Fact]
    public async Task Many_followed_logs_leave_room_for_short_requests()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await engine.CreateAsync(lab.Spec, None);
        await engine.StartAsync(id, None);
        using var stop = new CancellationTokenSource();
        var followers = Enumerable.Range(0, 15).Select(async _ =>
        {
            await foreach (var line in engine.ReadLogAsync(id, null, follow: true, stop.Token))
            {
            }
        }).ToList();
        var node = await reach.NodeAsync();
        Assert.Equal(0, (await node.RunAsync(["true"], default, None).WaitAsync(TimeSpan.FromSeconds(20))).ExitCode);
        Assert.NotNull(await engine.FindAsync(id, None).WaitAsync(TimeSpan.FromSeconds(20)));
        await stop.CancelAsync();
        foreach (var follower in followers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => follower);
        }
    }

    private async Task<EngineContainer> NewestAsync(IContainerEngine engine) =>
        (await engine.ListAsync(new Dictionary<string, string?>([lab.Mark]), None)).MaxBy(container => container.CreatedAt)!;
}
