using PisaHpc.Integration.Batch;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Mpi;

/// <summary>
/// A job of the lab's Slurm, 32 and 24 slots, in which an admin started containers that agents alone lead into. Their image has Open MPI 5
/// and an MPICH that always ends.
/// </summary>
public sealed class SrunJobFixture : IAsyncLifetime, IDisposable
{
    private readonly LabFixture _lab;
    private readonly string[] _grant;
    private readonly HostedRunspace _shell = new();
    private SlurmJob? _job;

    public SrunJobFixture(LabFixture lab)
        : this(lab, "--nodelist=o2wn01,o2wn02", "--ntasks=56", "--distribution=block")
    {
    }

    /// <param name="lab">The lab.</param>
    /// <param name="grant">What sbatch is asked for.</param>
    internal SrunJobFixture(LabFixture lab, params string[] grant) => (_lab, _grant) = (lab, grant);

    private string Site => Path.Combine(_lab.State.Shared, "srun-site.yaml");

    private string JobId => _job!.Id;

    /// <summary>The network that the job's start has found on its first node.</summary>
    public string Network => File.ReadAllText(_lab.Nodes[0].PathOf($"/run/pisahpc/{JobId}/network")).Trim().Split(' ')[1];

    public async Task InitializeAsync()
    {
        LabSite.Of(_lab)
            .WithEnvironments("agents: { image: pisa/hpc:deb13, access: agent, mpi: openmpi, limits: { shm: 1g } }")
            .WriteTo(Site);
        _job = await SlurmJob.SubmitAsync(_lab, _grant);
        await _job.EnvironmentAsync();
        Call("Get-HpcAllocation -JobId $JobId | Start-HpcJob -Environment agents -Site $Site").Succeeded();
    }

    public async Task DisposeAsync()
    {
        Call("Stop-HpcJob $JobId -GraceSec 0 -Site $Site").Succeeded();
        await _job!.DisposeAsync();
        File.Delete(Site);

        // Slurm's own process for a step whose srun was killed goes some seconds after the job.
        var patience = DateTime.UtcNow.AddSeconds(60);
        while ((await _lab.TracesOfAsync(JobId)).Count > 0 && DateTime.UtcNow < patience)
        {
            await Task.Delay(100);
        }

        await _lab.AssertNothingLeftAsync(JobId);
    }

    public void Dispose() => _shell.Dispose();

    /// <summary>Runs Invoke-ContainerMpi by srun with more of its parameters, to which <c>$bin</c> is where the sample programs are.</summary>
    public RunResult Run(string parameters) => RunBy("Srun", parameters);

    /// <summary>The same by any launcher.</summary>
    public RunResult RunBy(string launcher, string parameters) => Call(Script(launcher, parameters));

    /// <summary>The same by srun, stopped as Ctrl-C stops it.</summary>
    public Task<RunResult> RunAsync(string parameters, CancellationToken stop) => _shell.RunAsync(
        "param($JobId, $Site) " + Script("Srun", parameters), new { JobId, Site }, stop);

    /// <summary>Waits until so many processes run, on all nodes, whose last argument is one.</summary>
    public static async Task UntilRunAsync(string argument, int count)
    {
        var patience = DateTime.UtcNow.AddSeconds(60);
        while (CountOf(argument) is var now && now != count)
        {
            Assert.True(DateTime.UtcNow < patience, $"{now} processes with {argument} run, and not {count}.");
            await Task.Delay(50);
        }
    }

    private static int CountOf(string argument) => LabProcess.All().Count(process => process.Arguments is [.., var last] && last == argument);

    private static string Script(string launcher, string parameters) =>
        $"$bin = '/opt/pisahpc-lab/bin'; Invoke-ContainerMpi -JobId $JobId -Site $Site -Launcher {launcher} {parameters} -TimeoutSec 90";

    private RunResult Call(string script) => _shell.Run("param($JobId, $Site) " + script, new { JobId, Site });
}
