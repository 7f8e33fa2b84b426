using System.Diagnostics;
using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

/// <summary>A node that a batch system gives jobs again, however the caller ends who had it give none.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class NodeGivenBackTests
{
    [Theory]
    [MemberData(nameof(NodeHoldTests.Systems), MemberType = typeof(NodeHoldTests))]
    public async Task It_bears_the_callers_own_mark_and_is_given_back_when_he_is_gone(Scheduler system)
    {
        using var host = new HoldingHost(system);
        using var held = host.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal("pisahpc: static cs7 m1", host.Closed);
        Assert.Equal((0, null), (HoldingHost.End(held), host.Closed));
    }

    [Theory]
    [MemberData(nameof(NodeHoldTests.Systems), MemberType = typeof(NodeHoldTests))]
    public async Task One_whose_caller_is_killed_is_given_back(Scheduler system)
    {
        using var host = new HoldingHost(system);
        const string Caller = """mkfifo "$1" && { sleep 60 >"$1" & echo $!; } && shift && exec "$@" """;
        using var held = host.Start(["sh", "-c", $"{Caller}<{host.PathOf("input")}", "sh", host.PathOf("input"), .. host.Line()]);
        var caller = (await held.StandardOutput.ReadLineAsync())!;
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        using (var kill = Process.Start("kill", ["-KILL", caller]))
        {
            await kill.WaitForExitAsync();
        }

        Assert.Equal((0, null), (HoldingHost.CodeOf(held), host.Closed));
    }

    [Theory]
    [MemberData(nameof(NodeHoldTests.Systems), MemberType = typeof(NodeHoldTests))]
    public async Task One_whose_caller_is_not_heard_of_any_more_is_given_back(Scheduler system)
    {
        using var host = new HoldingHost(system);
        using var held = host.Start(silence: 3);
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        Assert.Equal((0, null), (HoldingHost.CodeOf(held), host.Closed));
    }

    [Theory]
    [InlineData(Scheduler.Slurm, "busy 2")]
    [InlineData(Scheduler.Lsf, "busy 2 slots")]
    [InlineData(Scheduler.HTCondor, "busy 2 slots")]
    public async Task One_that_jobs_have_is_given_back_and_no_child_keeps_its_output_open(Scheduler system, string said)
    {
        using var host = new HoldingHost(system);
        host.Jobs = 2;
        using (var busy = host.Start())
        {
            Assert.Equal(said, await busy.StandardOutput.ReadLineAsync());
            Assert.Equal((0, null), (HoldingHost.End(busy), host.Closed));
        }

        using var waiting = host.Start(wait: 3600);
        await HoldingHost.UntilAsync(() => host.Closed is not null);
        await Task.Delay(1500);
        var clock = Stopwatch.StartNew();
        waiting.StandardInput.Close();
        Assert.Equal("", await waiting.StandardOutput.ReadToEndAsync());
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Null(host.Closed);
    }

    [Theory]
    [MemberData(nameof(NodeHoldTests.Systems), MemberType = typeof(NodeHoldTests))]
    public async Task Giving_back_goes_on_where_nobody_answers_and_the_caller_ends_it(Scheduler system)
    {
        using var host = new HoldingHost(system);
        using var held = host.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        host.Set("away", "");
        held.StandardInput.Close();
        await HoldingHost.UntilAsync(() => host.Has("asked"));
        using (var kill = Process.Start("kill", ["-TERM", $"{held.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        Assert.False(held.HasExited);
        host.Set("away", null);
        Assert.Equal((0, null), (HoldingHost.CodeOf(held), host.Closed));
    }

    [Theory]
    [MemberData(nameof(NodeHoldTests.Systems), MemberType = typeof(NodeHoldTests))]
    public async Task What_came_after_bears_another_mark_and_stays(Scheduler system)
    {
        using var host = new HoldingHost(system);
        using var held = host.Start();
        Assert.Equal("idle", await held.StandardOutput.ReadLineAsync());
        host.Closed = $"{HoldingHost.Reason} m2";
        Assert.Equal((0, $"{HoldingHost.Reason} m2"), (HoldingHost.End(held), host.Closed));
    }
}
