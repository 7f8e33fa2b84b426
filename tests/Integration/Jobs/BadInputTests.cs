using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>What is wrong has an error id of its own, and leaves nothing on any node.</summary>
[Collection(LabTests.Name)]
public sealed class BadInputTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("pisahpc-bad-").FullName;

    public void Dispose()
    {
        _shell.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("EnvironmentNotFound", "-Environment debian99")]
    [InlineData("ImageNotFound", "-Environment tiny -Image pisa/none:1")]
    [InlineData("MountSourceMissing", "-Environment tiny -Mount /no/such/place")]
    [InlineData("PlanConflict", "-Environment tiny -PublishPort 8080")]
    [InlineData("PlanConflict", "-Environment tiny -Memory 64m -ShmSize 128m")]
    [InlineData("InvalidValue", "-Environment tiny -Memory lots")]
    [InlineData("InvalidValue", "-Environment tiny -OpenFiles lots")]
    [InlineData("LimitRefused", "-Environment tiny -Memlock unlimited")]
    public async Task A_bad_option_has_its_own_error_and_nothing_is_left(string id, string options)
    {
        await using var job = new LabJob(_shell, lab, "bad");

        var result = job.Run($"$allocation | Start-HpcJob {options}");

        Assert.Contains(id, result.ErrorIds);
        Assert.All(result.Errors, error => Assert.NotEmpty(error.ErrorDetails.RecommendedAction));
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task An_unreachable_node_is_named_and_the_reachable_one_left_alone()
    {
        await using var job = new LabJob(_shell, lab, "bad");

        var result = job.Run(
            "Get-HpcAllocation -Node o2wn01, 10.10.13.99 -Slot 1 -JobId $JobId -Owner hpcuser | Start-HpcJob -Environment tiny");

        Assert.Equal(["NodeUnreachable", "JobNotStarted"], result.ErrorIds);
        Assert.Equal("10.10.13.99", result.Errors[0].TargetObject);
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task What_a_script_catches_is_the_job_s_error_with_its_nodes()
    {
        await using var job = new LabJob(_shell, lab, "bad");

        var said = job.Run(
            """
            $nodes = Get-HpcAllocation -Node o2wn01, 10.10.13.99 -Slot 1 -JobId $JobId -Owner hpcuser
            try { $nodes | Start-HpcJob -Environment tiny -ErrorAction Stop }
            catch { '{0} {1} {2}' -f $_.FullyQualifiedErrorId.Split(',')[0], $_.Exception.FailedNodes.Node, $_.Exception.FailedNodes.Id }
            """).Single();

        Assert.Equal("JobNotStarted 10.10.13.99 NodeUnreachable", said.BaseObject);
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task A_changed_host_key_is_refused_with_both_fingerprints_and_the_line()
    {
        await using var job = new LabJob(_shell, lab, "bad");
        var lines = await File.ReadAllLinesAsync(lab.State.KnownHosts);
        var wrong = (await RunningProcess.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(_directory, "other")])).EndedWith(0);
        Assert.Empty(wrong.Error);
        var key = string.Join(' ', (await File.ReadAllTextAsync(Path.Combine(_directory, "other.pub"))).Split(' ').Take(2));
        var forged = lines.Select(line => line.Contains("o2wn02", StringComparison.Ordinal) ? $"{line.Split(' ')[0]} {key}" : line);
        await File.WriteAllLinesAsync(Path.Combine(_directory, "known_hosts"), forged);

        var result = Start(job, SiteWith(lab.State.KnownHosts, Path.Combine(_directory, "known_hosts")));

        Assert.Equal(["HostKeyChanged", "JobNotStarted"], result.ErrorIds);
        Assert.Contains(Path.Combine(_directory, "known_hosts"), result.Errors[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(2, result.Errors[0].ToString().Split("SHA256:").Length - 1);
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task An_exhausted_port_area_says_so()
    {
        await using var job = new LabJob(_shell, lab, "bad");
        var area = Path.Combine(_directory, "ports");
        Directory.CreateDirectory(area);
        await File.WriteAllTextAsync(Path.Combine(area, "22001"), "");
        _shell.Run("param($Area) New-JobPort -JobId greedy -Path $Area", new { Area = area }).Succeeded();

        var result = Start(job, SiteWith(lab.State.PortArea, area));

        result.Failed("PortAreaExhausted");
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    [Trait(LabPart.Name, LabPart.Alone)]
    public async Task A_node_that_dies_between_plan_and_start_is_named_and_cleaned_up_when_it_is_back()
    {
        await using var job = new LabJob(_shell, lab, "dies");
        var node = lab.Nodes.Single(node => node.Name == "o2wn02");
        job.Run(
            """
            $port = $allocation | New-JobPort
            $ssh = $port | New-JobSshConfig -Allocation $allocation
            $global:plans = $allocation | New-HpcContainerPlan -Environment tiny -SshConfig $ssh
            """).Succeeded();
        await node.WithoutLoginsAsync(() =>
        {
            var result = job.Run("$plans | Start-HpcContainer -TimeoutSec 60");
            Assert.Equal("NodeUnreachable", Assert.Single(result.ErrorIds));
            Assert.Equal("o2wn02", result.Errors[0].TargetObject);
            dynamic other = Assert.Single(result.Objects);
            Assert.Equal("o2wn01", (string)other.Node);
            return Task.CompletedTask;
        });

        _shell.Run("param($JobId) Stop-HpcJob $JobId", new { JobId = job.Id }).Succeeded();
        await lab.AssertNothingLeftAsync(job.Id);
    }

    private static RunResult Start(LabJob job, string site) =>
        job.Run($"$allocation | Start-HpcJob -Environment tiny -Site '{site}'");

    /// <summary>The lab's site definition with one path in the place of another.</summary>
    private string SiteWith(string path, string other) =>
        LabSite.Of(lab).Replacing(path, other).WriteTo(Path.Combine(_directory, "site.yaml"));
}
