using System.Security.Cryptography;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>sbatch to an environment whose jobs are placed into a static environment, on the lab's real Slurm.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class PlacedBatchTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>, IAsyncLifetime, IDisposable
{
    private const string Name = "batch-placed";

    private static readonly string[] BothNodes = ["--nodes=2", "--ntasks=4", "--oversubscribe"];

    private readonly HostedRunspace _shell = new();
    private readonly string _keys = $"/var/lib/pisahpc-lab/placed-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";

    public Task InitializeAsync()
    {
        slurm.WriteSite($"staticDirectory: '{_keys}/{{node}}'");
        LabSite.At(slurm.Site).WithEnvironments($"placed: {{ static: {Name} }}")
            .With($"static: {{ {Name}: {{ environment: debian12, nodes: 'o2wn[01-02]', port: 21991, jobs: true }} }}").WriteTo(slurm.Site);
        slurm.Install().Succeeded();
        Run($"Start-HpcContainer -Static {Name}").Succeeded();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_script_runs_in_the_container_beside_another_users_and_nothing_of_it_stays_there()
    {
        var other = await HookedJob.SubmitAsync(
            slurm, "otheruser", new Dictionary<string, string?>(), "#!/bin/sh\necho runs\nexec sleep 600\n", ["--comment=docker-placed", .. BothNodes]);
        await other.SaysAsync("runs");
        var job = await HookedJob.SubmitAsync(
            slurm,
            """
            #!/bin/sh -e
            echo "script $0 of $(id -un) $(id -G)"
            (setsid sh -c 'trap "" TERM; kill -STOP $$; sleep 7977' >/dev/null 2>&1 &)
            mpirun /opt/pisahpc-lab/bin/mpi-hello-openmpi | grep -c ' of 4'
            echo done
            """,
            ["--comment=docker-placed", .. BothNodes]);
        Assert.Equal("COMPLETED", await job.EndAsync());
        Assert.Matches($"script /run/pisahpc/.static/{Name}/{job.Id}/slurm_script of hpcuser 4001 5001 5002 1879[0-9]{{6}}\n", job.Output);
        Assert.Contains("done\n", job.Output, StringComparison.Ordinal);
        Assert.Empty(await job.ContainersAsync());
        await job.AssertNothingLeftAsync();
        Assert.DoesNotContain("7977", await ProcessesAsync(), StringComparison.Ordinal);

        Assert.Contains("sleep 600", await ProcessesAsync(), StringComparison.Ordinal);
        await other.CancelAsync();
        await other.EndAsync();
        await HookedSlurm.UntilAsync("the cancelled job's processes are gone", async () =>
            !(await ProcessesAsync()).Contains("sleep 600", StringComparison.Ordinal));
        await other.AssertNothingLeftAsync();
        await HookedSlurm.AssertNoNodeIsDrainedAsync();
        Assert.Equal("Running", (string)((dynamic)Run($"Get-HpcContainer -Static {Name} -Node o2wn01").Single()).State);
    }

    public Task DisposeAsync()
    {
        Run($"Stop-HpcContainer -Static {Name}").Succeeded();
        slurm.WriteSite();
        slurm.Install().Succeeded();
        foreach (var node in slurm.Lab.Nodes.Where(node => Directory.Exists(node.PathOf(_keys))))
        {
            Directory.Delete(node.PathOf(_keys), recursive: true);
            Directory.Delete(node.PathOf($"/run/pisahpc/.static/{Name}"));
        }

        return Task.CompletedTask;
    }

    public void Dispose() => _shell.Dispose();

    private RunResult Run(string command) => _shell.Run($"param($Site) {command} -Site $Site", new { slurm.Site });

    private async Task<string> ProcessesAsync() =>
        (await slurm.Lab.Nodes[0].DockerAsync("top", $"pisahpc-static-{Name}", "-eo", "pid,args")).EndedWith(0).Output;
}
