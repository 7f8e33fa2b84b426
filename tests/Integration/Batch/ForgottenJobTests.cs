using System.Runtime.Versioning;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>How a job ended that slurmctld has forgotten, by Slurm's accounting, which the lab has for this test alone.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Alone)]
[SupportedOSPlatform("linux")]
public sealed class ForgottenJobTests(LabFixture lab) : IAsyncLifetime, IDisposable
{
    private readonly HostedRunspace _shell = new();
    private readonly DirectoryInfo _records = Directory.CreateTempSubdirectory("pisahpc-records-");

    private string Site => Path.Combine(_records.FullName, "site.yaml");

    public async Task InitializeAsync()
    {
        File.SetUnixFileMode(_records.FullName, (UnixFileMode)0b111_101_101);
        await File.WriteAllTextAsync(Site, $"records: {{ directory: {_records} }}\n{await File.ReadAllTextAsync(lab.State.Site)}");
        await RaiseAsync("accounting");
        await File.AppendAllTextAsync(Path.Combine(Path.GetDirectoryName(lab.State.Site)!, "slurm", "etc", "slurm.conf"), "MinJobAge=2\n");
        (await RunningProcess.RunAsync("scontrol", ["reconfigure"])).EndedWith(0);
    }

    public async Task DisposeAsync()
    {
        await RaiseAsync("no-accounting");
        _records.Delete(recursive: true);
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_accounting_tells_how_a_job_ended_that_Slurm_has_forgotten()
    {
        await using var job = await SlurmJob.SubmitAsync(lab, "--nodes=2", "--ntasks=2");
        await job.EnvironmentAsync();
        Run("Get-HpcAllocation -JobId $Id | Start-HpcJob -Environment tiny -Site $Site", job);
        await job.DisposeAsync();
        await job.IsForgottenAsync();
        Run("Stop-HpcJob $Id -AskBatchSystem -GraceSec 0 -Site $Site", job);
        dynamic ended = Run("Get-HpcJob $Id -Ended -Site $Site", job).Single();
        Assert.Equal(("Cancelled", "CANCELLED"), ((string)ended.Reason, (string)ended.BatchState));
        await lab.AssertNothingLeftAsync(job.Id);
    }

    private RunResult Run(string command, SlurmJob job) => _shell.Run("param($Id, $Site) " + command, new { job.Id, Site }).Succeeded();

    private static async Task RaiseAsync(string accounting) => (await RunningProcess.RunAsync(
        Path.Combine(Repository.Root, "lab", "lab.sh"), ["batch", "slurm", accounting], patience: TimeSpan.FromMinutes(3))).EndedWith(0);
}
