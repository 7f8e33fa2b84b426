using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Jobs;

namespace PisaHpc.Integration.Containers;

/// <summary>What a job's containers use, as the lab's engines and this machine's kernel count it.</summary>
[Collection(LabTests.Name)]
public sealed class UsageTests(LabFixture lab) : IDisposable
{
    private const string Working = "while :; do :; done";
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_job_is_measured_container_by_container_and_as_a_whole_in_rounds_and_until_it_has_ended()
    {
        await using var job = new LabJob(_shell, lab, "usage");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var working = lab.Nodes[1];
        var container = Assert.Single(await job.ContainersAsync(working));
        (await working.DockerAsync("exec", "--detach", container, "sh", "-c", Working)).EndedWith(0);

        var alone = job.Run("Measure-HpcContainer -JobId $JobId").Succeeded().Objects.Cast<dynamic>().ToList();
        Assert.Equal(["o2wn01", "o2wn02"], alone.Select(usage => (string)usage.NodeList));
        Assert.True(alone[1].Cpus > 0.05 && alone[1].Cpus > alone[0].Cpus, string.Join("; ", alone));
        Assert.All(alone, usage => Assert.True(
            usage.WorkingSetBytes > 0 && usage.PeakMemoryBytes >= usage.WorkingSetBytes && usage.OomKills == 0, (string)usage.ToString()));

        var rounds = job.Run("Get-HpcContainer -JobId $JobId | Measure-HpcContainer -MaxSamples 2 -GroupBy Job")
            .Succeeded().Objects.Cast<dynamic>().ToList();
        Assert.All(rounds, usage => Assert.Equal((job.Id, 2, "o2wn[01-02]"), ((string)usage.JobId, (int)usage.Containers, (string)usage.NodeList)));
        Assert.True(rounds[0].Time < rounds[1].Time && rounds[0].CpuSeconds < rounds[1].CpuSeconds, string.Join("; ", rounds));

        var ended = job.Run(
            "$containers = Get-HpcContainer -JobId $JobId; $containers | Stop-HpcContainer -GraceSec 0; $containers | Measure-HpcContainer -Continuous");
        Assert.Equal(["ContainerNotFound", "ContainerNotFound"], ended.ErrorIds);
    }

    [Fact]
    public void A_job_without_a_container_is_an_error_and_a_node_without_any_is_none()
    {
        _shell.Run("Measure-HpcContainer o2wn01 -JobId nobody-s").Failed("JobNotFound");
        _shell.Run("Measure-HpcContainer o2wn01").Succeeded();
    }
}
