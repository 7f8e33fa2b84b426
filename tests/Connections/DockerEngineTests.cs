using System.Diagnostics;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>The engine of a lab's node, over ssh.</summary>
[Trait("Category", "Connections")]
public class DockerEngineTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(SshClientKind.Builtin)]
    [InlineData(SshClientKind.OpenSsh)]
    public async Task A_container_is_made_seen_stopped_and_removed(SshClientKind client)
    {
        await using var reach = new Reach(Lab.Access with { Client = client });
        var engine = await reach.EngineAsync();
        Assert.True(new Version(engine.Info.ApiVersion) >= new Version(1, 40));
        var spec = lab.Spec with { Groups = [5001, 5002], Environment = new Dictionary<string, string> { ["A"] = "b c" } };

        var id = await engine.CreateAsync(spec, None);
        Assert.Equal(ContainerState.Created, (await engine.FindAsync(spec.Name, None))!.State);
        await engine.StartAsync(id, None);
        var running = (await engine.FindAsync(id, None))!;
        Assert.Equal((id, spec.Name, Lab.Image, ContainerState.Running, null), (running.Id, running.Name, running.Image, running.State, running.ExitCode));
        Assert.Equal(lab.Mark.Value, running.Labels[lab.Mark.Key]);
        Assert.InRange(DateTimeOffset.UtcNow - running.StartedAt!.Value, TimeSpan.FromSeconds(-60), TimeSpan.FromSeconds(60));
        Assert.Contains(await engine.ListAsync(new Dictionary<string, string?>([lab.Mark]), None), found => found.Id == id);
        Assert.Empty(await engine.ListAsync(new Dictionary<string, string?>([lab.Mark, new("no.such.label", null)]), None));

        Assert.True(await engine.StopAsync(id, TimeSpan.FromSeconds(5), None));
        Assert.False(await engine.StopAsync(id, TimeSpan.FromSeconds(5), None));
        Assert.Equal((ContainerState.Exited, 143), Lab.StateOf(await engine.FindAsync(id, None)));
        Assert.True(await engine.RemoveAsync(id, None));
        Assert.False(await engine.RemoveAsync(id, None));
        Assert.False(await engine.StopAsync(id, TimeSpan.FromSeconds(5), None));
        Assert.Null(await engine.FindAsync(id, None));
    }

    [Fact]
    public async Task One_that_is_paused_goes_on_and_one_that_is_not_is_refused()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var node = await reach.NodeAsync();
        var id = await engine.CreateAsync(lab.Spec, None);
        await engine.StartAsync(id, None);
        Assert.Equal(0, (await node.RunAsync(["docker", "pause", id], default, None)).ExitCode);
        Assert.Equal(ContainerState.Paused, (await engine.FindAsync(id, None))!.State);
        await engine.UnpauseAsync(id, None);
        Assert.Equal(ContainerState.Running, (await engine.FindAsync(id, None))!.State);
        var refused = await Assert.ThrowsAsync<HpcException>(() => engine.UnpauseAsync(id, None));
        Assert.Contains("not paused", refused.Message, StringComparison.Ordinal);
        Assert.True(await engine.RemoveAsync(id, None));
    }

    [Fact]
    public async Task What_was_asked_for_is_what_the_engine_made()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var spec = lab.Spec with
        {
            Groups = [5001, 5002],
            Command = ["/bin/sh", "-c", "id; pwd; echo $WORD; grep Cap /proc/self/status; df /dev/shm; cat /proc/self/mounts"],
            Environment = new Dictionary<string, string> { ["WORD"] = "it's \"two\" words" },
            WorkingDirectory = "/tmp",
            ShmBytes = 123 << 20,
            Mounts = [new ContainerMount("/etc", "/mnt/etc", true)],
            SecurityOptions = ["no-new-privileges"],
        };
        var lines = await Lab.OutputAsync(engine, spec);
        Assert.Contains(lines, line => line.Text.Contains("uid=4001", StringComparison.Ordinal) && line.Text.Contains("5001", StringComparison.Ordinal) && line.Text.Contains("5002", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Text == "/tmp");
        Assert.Contains(lines, line => line.Text == "it's \"two\" words");
        Assert.Contains(lines, line => line.Text == "CapEff:\t0000000000000000");
        Assert.Contains(lines, line => line.Text == "CapBnd:\t0000000000000000");
        Assert.Contains(lines, line => line.Text.Contains("125952", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Text.Contains(" /mnt/etc ", StringComparison.Ordinal) && line.Text.Contains(" ro,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_mount_source_is_an_error_and_is_not_made()
    {
        await using var reach = new Reach(Lab.Access);
        var failure = await CreateFailureAsync(reach, lab.Spec with { Mounts = [new ContainerMount("/nonesuch/source", "/mnt", false)] });
        Assert.Equal(ErrorId.MountSourceMissing, failure.Id);
        Assert.Contains("/nonesuch/source", failure.Message, StringComparison.Ordinal);
        var node = await reach.NodeAsync();
        Assert.NotEqual(0, (await node.RunAsync(["test", "-e", "/nonesuch"], default, None)).ExitCode);
    }

    [Fact]
    public async Task An_image_that_the_node_does_not_hold_is_told()
    {
        await using var reach = new Reach(Lab.Access);
        Assert.Equal(ErrorId.ImageNotFound, (await CreateFailureAsync(reach, lab.Spec with { Image = "pisa/nonesuch:1" })).Id);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_a_conflict()
    {
        await using var reach = new Reach(Lab.Access);
        var spec = lab.Spec;
        await (await reach.EngineAsync()).CreateAsync(spec, None);
        Assert.Equal(ErrorId.PlanConflict, (await CreateFailureAsync(reach, spec)).Id);
    }

    [Fact]
    public async Task A_missing_device_is_told() =>
        Assert.Equal(ErrorId.DeviceMissing, (await StartFailureAsync(lab.Spec with { Devices = ["/dev/infiniband/nonesuch"] })).Id);

    [Fact]
    public async Task A_limit_that_the_node_may_not_raise_is_told_by_name()
    {
        // The lab's engines run without CAP_SYS_RESOURCE where the machine has none; elsewhere the limit holds and nothing is refused.
        await using var reach = new Reach(Lab.Access);
        var node = await reach.NodeAsync();
        var status = (await node.RunAsync(["sh", "-c", "grep CapEff /proc/$(cat /run/docker.pid)/status"], default, None)).Text;
        var mayRaise = (Convert.ToUInt64(status.Split()[1], 16) & (1UL << 24)) != 0;
        var spec = lab.Spec with { MemlockBytes = -1 };
        if (mayRaise)
        {
            var engine = await reach.EngineAsync();
            await engine.StartAsync(await engine.CreateAsync(spec, None), None);
            return;
        }

        var failure = await StartFailureAsync(spec);
        Assert.Equal(ErrorId.LimitRefused, failure.Id);
        Assert.Contains("memlock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_CPUs_than_the_node_has_are_refused()
    {
        await using var reach = new Reach(Lab.Access);
        Assert.Equal(ErrorId.LimitRefused, (await CreateFailureAsync(reach, lab.Spec with { Cpus = 10_000 })).Id);
    }

    [Fact]
    public async Task A_published_port_that_is_taken_is_told()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var spec = lab.Spec with { Network = NetworkMode.Bridge, PublishedPorts = [28999] };
        await engine.StartAsync(await engine.CreateAsync(spec, None), None);
        Assert.Equal(ErrorId.PortInUse, (await StartFailureAsync(spec with { Name = lab.Spec.Name })).Id);
    }

    [Fact]
    public async Task A_program_that_the_image_does_not_have_is_the_engine_s_failure()
    {
        var failure = await StartFailureAsync(lab.Spec with { Command = ["/nonesuch"], Init = false });
        Assert.Contains("nonesuch", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_creation_leaves_no_container()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        for (var delay = 0; delay < 200; delay += 10)
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(delay));
            try
            {
                await engine.RemoveAsync(await engine.CreateAsync(lab.Spec with { Labels = Only("cancelled") }, stop.Token), None);
            }
            catch (OperationCanceledException)
            {
                // As it was asked to be.
            }
        }

        Assert.Empty(await engine.ListAsync(new Dictionary<string, string?> { ["pisahpc.test.cancelled"] = null }, None));
    }

    [Fact]
    public async Task Removing_at_the_same_time_from_several_sides_is_success_for_all()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await engine.CreateAsync(lab.Spec, None);
        await engine.StartAsync(id, None);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => engine.RemoveAsync(id, None)));
        Assert.Null(await engine.FindAsync(id, None));
    }

    [Fact]
    public async Task A_container_that_ignores_the_first_signal_is_killed_after_the_grace_time()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await engine.CreateAsync(lab.Spec with { Init = false, Command = ["/bin/sleep", "1000"] }, None);
        await engine.StartAsync(id, None);
        var clock = Stopwatch.StartNew();
        Assert.True(await engine.StopAsync(id, TimeSpan.FromSeconds(1), None));
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(8));
        Assert.Equal((ContainerState.Exited, 137), Lab.StateOf(await engine.FindAsync(id, None)));
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_told_with_the_client_s_words()
    {
        await using var reach = new Reach(Lab.Access with { EngineSocket = "/run/nonesuch.sock" });
        var failure = await Assert.ThrowsAsync<HpcException>(() => reach.EngineAsync());
        Assert.Equal(ErrorId.EngineUnavailable, failure.Id);
        Assert.Contains("/run/nonesuch.sock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_told_as_a_node()
    {
        await using var reach = new Reach(Lab.Access with { ConnectTimeout = TimeSpan.FromSeconds(5) });
        Assert.Equal(ErrorId.NodeUnreachable, (await Assert.ThrowsAsync<HpcException>(() => reach.EngineAsync("nonesuch.invalid"))).Id);
    }

    [Fact]
    public async Task A_connection_that_breaks_under_the_engine_is_replaced()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var node = await reach.NodeAsync();
        await Assert.ThrowsAsync<HpcException>(() => node.RunAsync(["sh", "-c", "kill -KILL $PPID"], default, None));
        Assert.Null(await engine.FindAsync("nonesuch", None));
    }

    [Fact]
    public async Task Hundred_requests_at_a_time_share_one_connection()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => engine.FindAsync("nonesuch", None)));
        Assert.Equal(1, reach.OpenConnections);
    }

    private static Dictionary<string, string> Only(string what) => new() { [$"pisahpc.test.{what}"] = "1" };

    private static async Task<HpcException> CreateFailureAsync(Reach reach, ContainerSpec spec)
    {
        var engine = await reach.EngineAsync();
        return await Assert.ThrowsAsync<HpcException>(() => engine.CreateAsync(spec, None));
    }

    private static async Task<HpcException> StartFailureAsync(ContainerSpec spec)
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await engine.CreateAsync(spec, None);
        return await Assert.ThrowsAsync<HpcException>(() => engine.StartAsync(id, None));
    }
}
