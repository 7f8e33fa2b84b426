using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>What one cmdlet says of a job, the next one takes.</summary>
[Collection(LabTests.Name)]
public sealed class JobPipelineTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Several_jobs_are_found_and_stopped_in_one_call()
    {
        await using var first = new LabJob(_shell, lab, "first");
        await using var second = new LabJob(_shell, lab, "second");
        first.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        second.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var ids = new { Ids = new[] { first.Id, second.Id } };

        Assert.Equal(2, Count("param($Ids) Get-HpcJob $Ids", ids));
        Assert.Equal(4, Count("param($Ids) Get-HpcContainer -JobId $Ids", ids));
        Assert.Equal(["Stopped", "Stopped"], Texts("param($Ids) Stop-HpcJob $Ids -WhatIf -PassThru | ForEach-Object State", ids));
        Assert.Equal(["Running", "Running"], Texts("param($Ids) $Ids | Get-HpcJob | ForEach-Object State", ids));
        Assert.Equal(["Stopped", "Stopped"], Texts("param($Ids) Get-HpcJob $Ids | Stop-HpcJob | ForEach-Object State", ids));
    }

    [Theory]
    [InlineData("SLURM_JOB_ID", 0)]
    [InlineData("NO_JOB_ID", 1)]
    public async Task A_post_exec_needs_to_name_nothing(string variable, int exitCode)
    {
        await using var job = new LabJob(_shell, lab, "hook");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        var environment = new Dictionary<string, string?> { [variable] = job.Id };

        var stop = await RunningProcess.RunAsync(Repository.Host, ["-Command", "(Stop-HpcJob).Changed"], environment);

        Assert.Equal((exitCode, exitCode == 0 ? "True" : ""), (stop.ExitCode, stop.Output.Trim()));
        Assert.Equal(exitCode, job.Run("Get-HpcJob | Where-Object JobId -EQ $JobId").Succeeded().Objects.Count);
    }

    [Theory]
    [InlineData("Get-JobPort $JobId | Get-HpcContainer")]
    [InlineData("Get-HpcJob $JobId | Get-HpcContainer")]
    [InlineData("$allocation | Get-HpcContainer")]
    [InlineData("Get-HpcContainer -Node 'o2wn0?' -JobId $JobId")]
    [InlineData("Get-HpcContainer -JobId $JobId | Stop-HpcContainer -WhatIf -PassThru")]
    [InlineData("Get-JobPort $JobId | Remove-JobSshConfig -WhatIf; Get-HpcContainer -JobId $JobId")]
    public async Task Whatever_carries_a_job_leads_to_its_containers(string script)
    {
        await using var job = new LabJob(_shell, lab, "carried");
        job.Run("$allocation | Start-HpcJob -Environment tiny").Succeeded();
        Assert.Equal(["o2wn01", "o2wn02"], Nodes(job.Run(script)));
    }

    [Fact]
    public async Task A_jobs_ssh_configuration_is_found_by_id_by_pattern_and_by_what_carries_it()
    {
        await using var job = new LabJob(_shell, lab, "found");
        dynamic made = job.Run("$allocation | New-JobSshConfig -Port 22042").Single();
        foreach (var script in new[]
        {
            "Get-JobSshConfig $JobId", "Get-JobSshConfig ($JobId.Substring(0, $JobId.Length - 1) + '?') o2wn02", "$allocation | Get-JobSshConfig",
        })
        {
            dynamic found = job.Run(script).Single();
            Assert.Equal((string)made.KeyFingerprint, (string)found.KeyFingerprint);
        }

        foreach (var (script, changed) in new[] { ("-WhatIf -PassThru", "True True"), ("", "True True"), ("-WhatIf -PassThru", "False False"), ("", "False False") })
        {
            var removed = job.Run($"$allocation | Remove-JobSshConfig {script}").Succeeded().Objects.Select(item => ((dynamic)item).Changed);
            Assert.Equal(changed, string.Join(' ', removed));
        }
    }

    [Fact]
    public async Task Every_jobs_ssh_configuration_is_listed_and_a_missing_one_is_an_error()
    {
        await using var job = new LabJob(_shell, lab, "listed");
        job.Run("New-JobSshConfig -Port 22042 -Allocation $allocation").Succeeded();
        Assert.Contains(job.Run("Get-JobSshConfig").Succeeded().Objects, item => (string)((dynamic)item).JobId == job.Id);
        job.Run("Get-JobSshConfig \"$JobId-not\"").Failed("JobNotFound");
    }

    private int Count(string script, object parameters) => _shell.Run(script, parameters).Succeeded().Objects.Count;

    private string[] Texts(string script, object parameters) =>
        [.. _shell.Run(script, parameters).Succeeded().Objects.Select(item => item.ToString())];

    private static string[] Nodes(RunResult run) => [.. run.Succeeded().Objects.Select(item => (string)((dynamic)item).Node).Order()];
}
