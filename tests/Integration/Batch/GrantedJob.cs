using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>
/// A job of the lab's Slurm with containers, which no hook started and none stops: what is left of it when it ends is an orphan.
/// </summary>
internal sealed class GrantedJob : IAsyncDisposable
{
    private readonly LabFixture _lab;
    private readonly SlurmJob _job;

    private GrantedJob(LabFixture lab, SlurmJob job) => (_lab, _job) = (lab, job);

    public string Id => _job.Id;

    /// <summary>Submits a job, waits until it runs, and starts its containers.</summary>
    /// <param name="options">Options of sbatch.</param>
    public static async Task<GrantedJob> StartAsync(LabFixture lab, params string[] options)
    {
        var job = new GrantedJob(lab, await SlurmJob.SubmitAsync(lab, options));
        await job.StartContainersAsync();
        return job;
    }

    /// <summary>Waits until the job runs, and starts its containers.</summary>
    public async Task StartContainersAsync()
    {
        await _job.EnvironmentAsync();
        (await RunAsync($"$null = Get-HpcAllocation -JobId {Id} | Start-HpcJob -Environment tiny")).EndedWith(0);
    }

    /// <summary>Cancels it: no epilog runs.</summary>
    public ValueTask EndAsync() => _job.DisposeAsync();

    /// <summary>As <see cref="SlurmJob.WaitAsync"/>.</summary>
    public Task WaitAsync(Func<string, bool> isWanted) => _job.WaitAsync(isWanted);

    /// <summary>Its containers on a node, by id and state.</summary>
    public async Task<string> ContainersAsync(string node)
    {
        var listed = await _lab.Nodes.Single(one => one.Name == node).DockerAsync(
            "ps", "--all", "--filter", $"label=pisahpc.job={Id}", "--format", "{{.ID}} {{.State}}");
        return listed.EndedWith(0).Output.Trim();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        (await RunAsync($"$null = Stop-HpcJob {Id} -GraceSec 0")).EndedWith(0);
        await _lab.AssertNothingLeftAsync(Id);
    }

    /// <summary>By processes of their own: a connection of this one's would outlive a node that is rebooted.</summary>
    private static Task<ProcessResult> RunAsync(string script) =>
        RunningProcess.RunAsync(Repository.Host, ["-Command", script], patience: TimeSpan.FromMinutes(2));
}
