using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>Get-HpcJob -AskBatchSystem on the lab's Slurm: what nodes and batch system say of jobs, side by side.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class JoinedJobTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_job_says_how_it_stands_with_containers_and_after_its_end()
    {
        await using var job = await GrantedJob.StartAsync(lab, "--nodes=2", "--ntasks=2");
        Assert.Equal("Running|RUNNING|hpc||", Asked(job.Id));
        await job.EndAsync();
        Assert.Equal("Running|CANCELLED|||", Asked(job.Id));
    }

    /// <summary>Beside an array that waits, whose id squeue would cut off.</summary>
    [Fact]
    public async Task One_that_runs_without_the_containers_that_it_asks_for_is_missing()
    {
        await using var array = await SlurmJob.SubmitAsync(lab, "--array=1,3,4,7,9,11,13,15,18,20,21,29", "--hold", "--ntasks=1");
        await using var job = await SlurmJob.SubmitAsync(lab, "--nodes=2", "--ntasks=2", "--comment=two lines\nmine,docker-tiny");
        await job.EnvironmentAsync();
        Assert.Equal("Missing|RUNNING|hpc|NoContainer|o2wn01 o2wn02", Asked(job.Id));

        await using var plain = await SlurmJob.SubmitAsync(lab, "--ntasks=1", "--comment=docker-none");
        await plain.EnvironmentAsync();
        var error = _shell.Run("param($Id) Get-HpcJob $Id -AskBatchSystem", new { plain.Id }).Failed("JobNotFound");
        Assert.EndsWith("Slurm: it is RUNNING.", error.ToString(), StringComparison.Ordinal);
    }

    private string Asked(string id) => _shell.Run(
        """
        param($Id)
        Get-HpcJob $Id -AskBatchSystem |
            ForEach-Object { $_.State, $_.BatchState, $_.Queue, $_.Mismatch, "$($_.NodesWithoutContainer)" -join '|' }
        """,
        new { Id = id }).Single().ToString();
}
