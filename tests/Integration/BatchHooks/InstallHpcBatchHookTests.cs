using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>Install-, Uninstall- and Test-HpcBatchHook on the lab's Slurm, beside what a site has of its own.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class InstallHpcBatchHookTests(HookedSlurm slurm) : IClassFixture<HookedSlurm>
{
    [Fact]
    public void Installing_twice_is_installing_once()
    {
        var before = File.ReadAllBytes(slurm.Configuration);
        var again = slurm.Install().Succeeded();
        Assert.Equal(1 + slurm.Lab.Nodes.Count, again.Objects.Count);
        Assert.All(again.Objects, row => Assert.False((bool)row.Properties["Changed"].Value));
        Assert.Empty(again.Warnings);
        Assert.Equal(before, File.ReadAllBytes(slurm.Configuration));
    }

    [Fact]
    public void A_dry_run_shows_the_lines_and_changes_nothing()
    {
        var before = File.ReadAllBytes(slurm.Configuration);
        dynamic removal = slurm.Uninstall("-WhatIf -PassThru | Where-Object Role -EQ Controller").Single();
        var diff = string.Join('\n', (IEnumerable<string>)removal.Diff);
        Assert.Contains("- Prolog=/usr/lib/pisahpc/slurm-prolog # PisaHpc:", diff, StringComparison.Ordinal);
        Assert.Contains("+ AuthInfo=socket=", diff, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(slurm.Configuration));
    }

    [Fact]
    public async Task The_doctor_finds_nothing_failed_and_names_what_is()
    {
        var rows = slurm.Test("| ForEach-Object { '{0} {1} {2}: {3}' -f $_.Node, $_.Check, $_.Result, $_.Evidence }").Succeeded().Objects;
        var checks = rows.Select(row => row.ToString()).ToList();
        Assert.DoesNotContain(checks, check => check.Contains(" Failed: ", StringComparison.Ordinal));
        Assert.Contains(checks, check => check.StartsWith("o2wn02 HookProgram Passed", StringComparison.Ordinal));
        const string Prolog = "/usr/lib/pisahpc/slurm-prolog";
        (await RunningProcess.RunAsync("chmod", ["754", Prolog])).EndedWith(0);
        var failed = slurm.Test("-Check HookFiles -FailOn Failed");
        Assert.All(failed.ErrorIds, id => Assert.Equal("NodeCheckFailed", id));
        Assert.Equal(slurm.Lab.Nodes.Select(node => node.Name).Order(), failed.FailedNodes.Order());
        Assert.Contains("has mode and owner 754 0", failed.Errors[0].ToString(), StringComparison.Ordinal);
        slurm.Install().Succeeded();
        slurm.Test("-Check HookFiles -FailOn Failed").Succeeded();
    }

    [Fact]
    public async Task A_job_that_runs_still_gets_its_epilog_after_the_hooks_were_taken_out()
    {
        var job = await HookedJob.SubmitAsync(
            slurm, "#!/bin/sh\necho runs\nsleep 600\n", "--comment=docker-tiny", "--nodes=2", "--ntasks=2");
        await job.SaysAsync("runs");
        var taken = slurm.Uninstall().Succeeded();
        Assert.Contains("scontrol reconfigure", Assert.Single(taken.Warnings), StringComparison.Ordinal);
        Assert.True(File.Exists("/usr/lib/pisahpc/slurm-epilog"));
        var text = await File.ReadAllTextAsync(slurm.Configuration);
        Assert.DoesNotContain("Prolog=", text, StringComparison.Ordinal);
        Assert.Contains("Epilog=/usr/lib/pisahpc/slurm-epilog # PisaHpc:", text, StringComparison.Ordinal);

        dynamic waiting = slurm.Uninstall("| Where-Object Role -EQ Controller").Single();
        Assert.Contains("run this again when Slurm reads its configuration again", (string)waiting.NextStep, StringComparison.Ordinal);
        await slurm.ReconfigureAsync();
        waiting = slurm.Uninstall("| Where-Object Role -EQ Controller").Single();
        Assert.Contains($"run this again when 1 job ended ({job.Id})", (string)waiting.NextStep, StringComparison.Ordinal);
        await job.CancelAsync();
        await job.EndAsync();
        await job.AssertNothingLeftAsync();
        slurm.Install().Succeeded();
        await slurm.ReconfigureAsync();
    }
}
