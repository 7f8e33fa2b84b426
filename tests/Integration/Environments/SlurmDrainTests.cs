using PisaHpc.Integration.Batch;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Environments;

/// <summary>The lab's Slurm, which is told before a static environment's container goes.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class SlurmDrainTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_node_gets_no_job_until_its_container_is_new_and_what_an_admin_drained_stays_so()
    {
        await using var site = await StaticLab.OfAsync(
            _shell, lab, "  slurm-MARK: { environment: tiny, nodes: o2wn02, port: PORT, drain: { batch: true }, variables: { A: a } }\n");
        var name = $"slurm-{site.Mark}";
        site.Run($"Sync-HpcEnvironment {name} -Site $Site").Succeeded();
        await site.ChangeAsync("A: a", "A: b");
        await using (var job = await SlurmJob.SubmitAsync(lab, "--nodelist=o2wn02", "--ntasks=1"))
        {
            await job.EnvironmentAsync();
            site.Run($"Sync-HpcEnvironment {name} -GraceSec 1 -Site $Site").Failed("StaticBusy");
            Assert.DoesNotContain("DRAIN", await StateAsync(), StringComparison.Ordinal);

            using (var killed = site.Start($"Sync-HpcEnvironment {name} -DrainTimeoutSec 50"))
            {
                await UntilAsync(state => state.Contains($"DRAIN pisahpc: static {name}", StringComparison.Ordinal));
                await killed.SignalAsync("KILL");
            }

            await UntilAsync(state => !state.Contains("DRAIN", StringComparison.Ordinal));
        }

        site.Run($"Sync-HpcEnvironment {name} -DrainTimeoutSec 30 -GraceSec 1 -Site $Site").Succeeded();
        Assert.DoesNotContain("DRAIN", await StateAsync(), StringComparison.Ordinal);

        await site.ChangeAsync("A: b", "A: c");
        (await RunningProcess.RunAsync("scontrol", ["update", "NodeName=o2wn02", "State=DRAIN", $"Reason=by hand {name}"])).EndedWith(0);
        try
        {
            Assert.True((bool)((dynamic)site.Run($"Sync-HpcEnvironment {name} -GraceSec 1 -Site $Site").Single()).Changed);
            Assert.Contains($"DRAIN by hand {name}", await StateAsync(), StringComparison.Ordinal);
        }
        finally
        {
            (await RunningProcess.RunAsync("scontrol", ["update", "NodeName=o2wn02", "State=UNDRAIN"])).EndedWith(0);
            await UntilAsync(state => state is "IDLE" or "MIXED" or "ALLOCATED");
        }
    }

    /// <summary>The node's state in Slurm, and why it is in it.</summary>
    private static async Task<string> StateAsync()
    {
        var record = (await RunningProcess.RunAsync("scontrol", ["show", "node", "o2wn02"])).EndedWith(0).Lines;
        var state = record.Select(line => line.Trim()).First(line => line.StartsWith("State=", StringComparison.Ordinal));
        var reason = record.Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("Reason=", StringComparison.Ordinal), "");
        return $"{state["State=".Length..].Split(' ')[0]} {reason.Replace("Reason=", "", StringComparison.Ordinal).Split('[')[0]}".Trim();
    }

    private static async Task UntilAsync(Func<string, bool> isWanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isWanted(await StateAsync()))
        {
            await Task.Delay(100, patience.Token);
        }
    }
}
