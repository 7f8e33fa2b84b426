using PisaHpc.Batch.Slurm;

namespace PisaHpc.Unit.Batch.Slurm;

/// <summary>A node that gets no more jobs by our word, and how many there may be; sinfo's lines have the form of a real 22.05.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SlurmDrainTests : IDisposable
{
    private const string Why = "engine-unavailable: 3 jobs in a row not set up here, 42 the last";
    private const string Fit = "o2wn01|idle|Unknown|none\no2wn02|mixed|Unknown|none\no2wn02|mixed|Unknown|none\n";
    private const long Now = RecordedSlurm.Now;
    private readonly RecordedSlurm _slurm = new();

    public void Dispose() => _slurm.Dispose();

    [Fact]
    public async Task A_node_that_gets_jobs_is_drained_with_the_reason()
    {
        _slurm.Variables["SINFO_PARTITION"] = "other";
        Assert.Equal(DrainOutcome.Drained, await DrainAsync(Fit));
        Assert.Equal($"NodeName=o2wn02\nState=DRAIN\nReason=pisahpc: {Why}\n", _slurm.Updated);
    }

    [Theory]
    [InlineData("drained")]
    [InlineData("draining")]
    [InlineData("drained*")]
    [InlineData("down*")]
    public async Task One_that_gets_none_is_left_with_the_reason_that_it_has(string state)
    {
        Assert.Equal(DrainOutcome.WasBefore, await DrainAsync($"o2wn02|{state}|{Now - 60}|disk | of an admin\n"));
        Assert.Null(_slurm.Updated);
    }

    [Fact]
    public async Task One_whose_static_environment_is_changed_is_not_drained_for_good() =>
        Assert.Equal(DrainOutcome.Held, await DrainAsync($"o2wn02|draining|{Now - 60}|pisahpc: static cs7 m9\n"));

    [Theory]
    [InlineData("draining", 3599, "pisahpc: disk-full: 3 jobs", true)]
    [InlineData("down*", 60, "pisahpc: disk-full: 3 jobs", true)]
    [InlineData("drained", 3600, "pisahpc: disk-full: 3 jobs", false)]
    [InlineData("drained", 60, "disk, says pisahpc: 3 jobs", false)]
    [InlineData("draining", 60, "pisahpc: static cs7 m9", false)]
    public async Task Those_of_the_last_hour_with_a_reason_of_ours_count(string state, int ago, string reason, bool counts)
    {
        var other = $"o2wn03|{state}|{Now - ago}|{reason}\n";
        Assert.Equal(counts ? DrainOutcome.TooMany : DrainOutcome.Drained, await DrainAsync(Fit + other + other));
        Assert.Equal(counts, _slurm.Updated is null);
    }

    [Fact]
    public async Task As_many_as_are_allowed_are_drained() => Assert.Equal(
        DrainOutcome.Drained, await DrainAsync($"{Fit}o2wn03|drained|{Now - 60}|pisahpc: disk-full: 3 jobs\n", perHour: 2));

    [Fact]
    public async Task What_Slurm_refuses_is_an_error_in_its_words()
    {
        _slurm.Denying("slurm_update error: Invalid user id");
        Assert.Equal("Slurm on login1 drains no node: slurm_update error: Invalid user id", (await FailedAsync(Fit)).Message);
    }

    [Fact]
    public async Task A_node_that_it_does_not_know_is_one() =>
        Assert.Equal("Slurm on login1 drains no node: it knows no node o2wn02", (await FailedAsync("o2wn01|idle|Unknown|none\n")).Message);

    [Fact]
    public async Task A_node_of_another_cluster_is_not_drained()
    {
        Assert.Contains("the site's is", (await FailedAsync(Fit, cluster: "other")).Message, StringComparison.Ordinal);
        Assert.Null(_slurm.Updated);
    }

    private Task<DrainOutcome> DrainAsync(string nodes, int perHour = 1, string? cluster = RecordedSlurm.Cluster) =>
        new SlurmDrain(_slurm.WithNodes(nodes), cluster, perHour).DrainAsync("o2wn02", Why, CancellationToken.None);

    private async Task<HpcException> FailedAsync(string nodes, string? cluster = null)
    {
        var failure = await Assert.ThrowsAsync<HpcException>(() => DrainAsync(nodes, cluster: cluster));
        Assert.Equal(ErrorId.BatchSystemFailed, failure.Id);
        return failure;
    }
}
