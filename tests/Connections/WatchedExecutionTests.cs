using System.Diagnostics;
using System.Text;
using PisaHpc.Engines;
using PisaHpc.Sites;

namespace PisaHpc.Connections;

/// <summary>Commands in containers of a lab's node that end with their caller.</summary>
[Trait("Category", "Connections")]
public class WatchedExecutionTests(Lab lab) : IClassFixture<Lab>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(SshClientKind.Builtin)]
    [InlineData(SshClientKind.OpenSsh)]
    public async Task Many_in_a_node_s_containers_end_at_once(SshClientKind client)
    {
        await using var reach = new Reach(Lab.Access with { Client = client });
        var engine = await reach.EngineAsync();
        var started = new List<(string Id, IExecution Execution)>();
        for (var count = 0; count < 4; count++)
        {
            var id = await StartAsync(engine, lab.Spec);
            started.Add((id, await engine.Executions.StartAsync(id, Sh("sleep 1010 & sleep 1011"), None)));
        }

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(started.Select(one => one.Execution.DisposeAsync().AsTask()));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"It took {clock.Elapsed}.");
        foreach (var (id, _) in started)
        {
            Assert.DoesNotContain("sleep 101", await ProcessesAsync(reach, id), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_container_full_of_processes_is_no_way_to_stay()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await StartAsync(engine, lab.Spec with { Pids = 30 });
        var execution = await engine.Executions.StartAsync(
            id, Sh("trap '' TERM; sh -c 'while sleep 1013 & do :; done'; echo full; sleep 1014 || read -r line"), None);
        await Lab.LineAsync(execution.Output);
        await execution.DisposeAsync();
        Assert.DoesNotContain("sleep 101", await ProcessesAsync(reach, id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_killed_with_all_of_its_user_s_processes_is_told()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await StartAsync(engine, lab.Spec);
        await using var execution = await engine.Executions.StartAsync(id, Sh("echo up; sleep 1015"), None);
        await Lab.LineAsync(execution.Output);
        const string KillWatchers =
            "for one in /proc/[0-9]*; do read -r words <$one/cmdline; case $words in *T'ERM HUP INT QUIT') kill -KILL ${one#/proc/};; esac; done; :";
        await OutputAsync(engine, id, new ExecutionRequest(["sh", "-c", KillWatchers]));
        var failure = await Assert.ThrowsAsync<HpcException>(() => execution.WaitAsync(None));
        Assert.Contains("watches over", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sleep 101", await ProcessesAsync(reach, id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_runs_no_program_of_the_container_s_user()
    {
        await using var reach = new Reach(Lab.Access);
        var engine = await reach.EngineAsync();
        var id = await StartAsync(engine, lab.Spec with
        {
            Environment = new Dictionary<string, string> { ["PATH"] = "/tmp/bin:/usr/bin:/bin", ["LD_PRELOAD"] = "/tmp/none.so", ["OF"] = "user" },
        });
        await OutputAsync(engine, id, Sh(
            "mkdir /tmp/bin; for name in id grep getent sleep env; do printf '#!/bin/sh\\nid >>/tmp/planted\\n' >/tmp/bin/$name; done; chmod 755 /tmp/bin/*"));
        var request = Sh("id -u; echo $PATH; echo $OF,$LD_PRELOAD,$GIVEN") with
        {
            User = "0:0",
            Environment = new Dictionary<string, string> { ["GIVEN"] = "admin" },
        };
        Assert.Equal(
            "0\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n,,admin\n", await OutputAsync(engine, id, request));
        var execution = await engine.Executions.StartAsync(id, Sh("sleep 1016 & sleep 1017") with { User = "0:0" }, None);
        await execution.DisposeAsync();
        Assert.Equal("none\n", await OutputAsync(engine, id, Sh("test -e /tmp/planted || echo none")));
    }

    private static ExecutionRequest Sh(string script) => new(["sh", "-c", script]) { EndsWithCaller = true };

    private static async Task<string> StartAsync(IContainerEngine engine, ContainerSpec spec)
    {
        var id = await engine.CreateAsync(spec, None);
        await engine.StartAsync(id, None);
        return id;
    }

    private static async Task<string> OutputAsync(IContainerEngine engine, string id, ExecutionRequest request)
    {
        await using var execution = await engine.Executions.StartAsync(id, request, None);
        using var reader = new StreamReader(execution.Output, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(None);
        Assert.Equal(0, await execution.WaitAsync(None));
        return text;
    }

    /// <summary>The container's processes as the node sees them.</summary>
    private static async Task<string> ProcessesAsync(Reach reach, string id)
    {
        var node = await reach.NodeAsync();
        var top = await node.RunAsync(["docker", "-H", $"unix://{Lab.Access.EngineSocket}", "top", id, "-eo", "pid,args"], default, None);
        Assert.True(top.ExitCode == 0, top.Error);
        return top.Text;
    }
}
