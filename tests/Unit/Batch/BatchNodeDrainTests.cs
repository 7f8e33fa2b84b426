using System.Diagnostics;
using PisaHpc.Batch;

namespace PisaHpc.Unit.Batch;

/// <summary>A node that is drained for a change, from the question to a batch system's script in a real shell and back.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BatchNodeDrainTests
{
    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData(Scheduler.Slurm, "Slurm's jobs have n1 after 1 s still (2): it was left as it is.", "squeue --nodelist=n1")]
    [InlineData(Scheduler.Lsf, "LSF's jobs have n1 after 1 s still (2 slots): it was left as it is.", "bjobs -u all -m n1")]
    [InlineData(Scheduler.HTCondor, "HTCondor's jobs have n1 after 1 s still (2 slots): it was left as it is.", "condor_status -direct n1")]
    public async Task Jobs_are_waited_for_until_the_time_is_up(Scheduler system, string message, string remedy)
    {
        using var host = new HoldingHost(system) { Jobs = 2 };
        for (var run = 0; run < 2; run++)
        {
            var busy = await Assert.ThrowsAsync<HpcException>(() => BeginAsync(host, wait: 1));
            Assert.Equal((ErrorId.StaticBusy, message, null), (busy.Id, busy.Message, host.Closed));
            Assert.Contains(remedy, busy.RecommendedAction, StringComparison.Ordinal);
        }

        host.Jobs = 0;
        await using (await BeginAsync(host, wait: 0))
        {
            Assert.StartsWith($"{HoldingHost.Reason} ", host.Closed, StringComparison.Ordinal);
        }

        Assert.Null(host.Closed);
        Assert.Empty(_warnings);
    }

    [Theory]
    [MemberData(nameof(NodeHoldTests.Systems), MemberType = typeof(NodeHoldTests))]
    public async Task Another_environments_change_is_waited_for(Scheduler system)
    {
        using var host = new HoldingHost(system) { Closed = "pisahpc: static deb12 m9" };
        host.Set("id", "7");
        var taken = await Assert.ThrowsAsync<HpcException>(() => BeginAsync(host, wait: 0));
        Assert.Equal(ErrorId.StaticBusy, taken.Id);
        Assert.Contains("(pisahpc: static deb12 m9)", taken.Message, StringComparison.Ordinal);
        Assert.Equal("pisahpc: static deb12 m9", host.Closed);

        var waiting = BeginAsync(host, wait: 60);
        await Task.Delay(500);
        Assert.False(waiting.IsCompleted);
        host.Closed = null;
        await (await waiting).DisposeAsync();
        Assert.Null(host.Closed);
    }

    [Theory]
    [InlineData(Scheduler.Slurm, "Slurm", "scontrol show node n1 says Reason=", "scontrol update NodeName=n1 State=UNDRAIN")]
    [InlineData(Scheduler.Lsf, "LSF", "bhosts -l n1 says ADMIN ACTION COMMENT: ", "badmin hopen n1")]
    [InlineData(Scheduler.HTCondor, "HTCondor", "DrainReason says ", "condor_drain -cancel n1")]
    public async Task Where_the_command_itself_was_killed_the_admin_is_told_and_the_next_run_gives_the_node_back(
        Scheduler system, string name, string shown, string line)
    {
        using var host = new HoldingHost(system);
        string? reason;
        await using (await BeginAsync(host, wait: 0))
        {
            reason = host.Closed;
            using var kill = Process.Start("kill", ["-KILL", $"{host.Last!.Id}"]);
            await kill.WaitForExitAsync();
        }

        var told = Assert.Single(_warnings);
        Assert.StartsWith($"{name} may have n1 drained still", told, StringComparison.Ordinal);
        Assert.EndsWith($"{shown}{reason}, do: {line}", told, StringComparison.Ordinal);
        await (await BeginAsync(host, wait: 0)).DisposeAsync();
        Assert.Null(host.Closed);
    }

    [Theory]
    [InlineData(Scheduler.Slurm, "Slurm on login1 did not drain n1: there is no squeue", "squeue")]
    [InlineData(Scheduler.Lsf, "LSF on login1 did not drain n1: there is no bhosts, and no profile.lsf was found that has", "bhosts")]
    [InlineData(Scheduler.HTCondor, "HTCondor on login1 did not drain n1: there is no condor_status", "condor_status")]
    public async Task What_cannot_be_asked_is_an_error(Scheduler system, string message, string program)
    {
        using var host = new HoldingHost(system);
        host.Set(program, null);
        var failure = await Assert.ThrowsAsync<HpcException>(() => BeginAsync(host, wait: 60));
        Assert.Equal((ErrorId.BatchSystemFailed, message), (failure.Id, failure.Message));
        Assert.Empty(_warnings);
    }

    private Task<BatchNodeDrain> BeginAsync(HoldingHost host, int wait) => BatchNodeDrain.BeginAsync(
        host.Hold, host, "n1", HoldingHost.Reason, TimeSpan.FromSeconds(wait), _warnings.Add, CancellationToken.None);
}
