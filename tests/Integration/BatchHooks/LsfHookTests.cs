using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>bsub -a docker-NAME on the lab's nodes, by a stand-in for LSF that calls what LSF calls.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class LsfHookTests(HookedLsf lsf) : IClassFixture<HookedLsf>
{
    private static readonly string[] Tiny = ["-a", "docker-tiny"];

    private readonly string _id = RandomNumberGenerator.GetInt32(100_000_000, 999_999_999).ToString(CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_job_runs_in_the_container_of_its_first_host_and_reaches_that_of_the_second_and_its_exit_code_is_its_own()
    {
        var job = await lsf.SubmitAsync(
            _id,
            Tiny,
            command: null,
            script: """
                #!/bin/sh
                echo runs as $(id -un) on $(uname -n) by $(readlink -f /bin/sh)
                ssh o2wn02 uname -n
                env | grep AFFINITY
                exit 42

                """);
        Assert.Equal(42, job.Submission.ExitCode);
        Assert.Matches("\\Aruns as hpcuser on o2wn01 by .*busybox\no2wn02\n\\z", job.Output);
        Assert.Equal(
            "HOST_PRE_EXEC o2wn01 0\nHOST_PRE_EXEC o2wn02 0\njob 42\nHOST_POST_EXEC o2wn01 0\nHOST_POST_EXEC o2wn02 0\n", job.Events);
        await lsf.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task An_image_that_is_missing_ends_the_job_with_78_and_a_line()
    {
        var job = await lsf.SubmitAsync(_id, ["-a", "docker(missing)"], "echo never");
        Assert.Equal(78, job.Submission.ExitCode);
        Assert.Matches("\\Apisahpc: image-missing on o2wn0[12]: .*pisa/none:1.*\n\\z", job.Output);
        await lsf.AssertNothingLeftAsync(_id);
    }

    [Fact]
    [Trait(LabPart.Name, LabPart.Alone)]
    public async Task What_may_pass_is_tried_three_times_with_a_post_execution_after_each_and_then_told()
    {
        LsfJob job = null!;
        await lsf.Lab.Nodes[1].WithoutEngineAsync(async () => job = await lsf.SubmitAsync(_id, Tiny, "echo never"));

        Assert.Equal(75, job.Submission.ExitCode);
        Assert.StartsWith("pisahpc: engine-unavailable on o2wn02: ", job.Output, StringComparison.Ordinal);
        Assert.Equal(3, job.Events.Split("HOST_POST_EXEC o2wn01 0").Length - 1);
        Assert.Equal(2, job.Events.Split("HOST_PRE_EXEC o2wn01 1").Length - 1);

        // The second host could not be asked: the next post-execution there asks it again.
        await lsf.SubmitAsync(_id + "[2]", Tiny, "true");
        await lsf.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task A_requeued_job_has_new_containers_and_both_runs_leave_nothing()
    {
        var job = await lsf.SubmitAsync(_id, Tiny, "echo runs; readlink -f /bin/sh | grep -q busybox", runs: 2);
        Assert.Equal(0, job.Submission.ExitCode);
        Assert.Equal(2, job.Output.Split("runs").Length - 1);
        Assert.Contains("HOST_POST_EXEC o2wn02 0\nrequeued\nHOST_PRE_EXEC o2wn01 0\n", job.Events, StringComparison.Ordinal);
        await lsf.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task An_element_of_an_array_has_containers_of_its_own()
    {
        var both = await Task.WhenAll(
            lsf.SubmitAsync(_id + "[3]", Tiny, "echo element 3; readlink -f /bin/sh | grep -q busybox"),
            lsf.SubmitAsync(_id + "[4]", ["-a", "docker-missing"], "true"));
        Assert.Equal(("element 3\n", 0, 78), (both[0].Output, both[0].Submission.ExitCode, both[1].Submission.ExitCode));
        await lsf.AssertNothingLeftAsync(_id + "[3]");
        await lsf.AssertNothingLeftAsync(_id + "[4]");
    }

    [Fact]
    public async Task A_name_that_the_site_has_not_is_refused_with_those_that_it_has_and_a_job_that_asks_for_nothing_runs_as_ever()
    {
        var refused = await lsf.SubmitAsync(_id, ["-a", "docker(nonesuch)"], "true");
        Assert.Equal(255, refused.Submission.ExitCode);
        Assert.Contains(
            "pisahpc: there is no environment docker-nonesuch; there are docker-debian12, ",
            refused.Submission.Error,
            StringComparison.Ordinal);
        var plain = await lsf.SubmitAsync(_id, ["-app", "fluent"], "readlink -f /bin/sh");
        Assert.DoesNotContain("busybox", plain.Output, StringComparison.Ordinal);
        Assert.Equal("job 0\n", plain.Events);
    }

    [Fact]
    public async Task Installing_twice_is_installing_once_and_the_doctor_finds_nothing_failed_and_names_what_is()
    {
        var before = await File.ReadAllBytesAsync(lsf.Applications);
        var again = lsf.Install().Succeeded();
        Assert.Equal(3, again.Objects.Count);
        Assert.All(again.Objects, row => Assert.False((bool)row.Properties["Changed"].Value));
        Assert.Equal(before, await File.ReadAllBytesAsync(lsf.Applications));
        dynamic removal = lsf.Uninstall("-WhatIf -PassThru | Where-Object Role -EQ Controller").Single();
        Assert.Contains("- NAME = docker-tiny", (IEnumerable<string>)removal.Diff);

        var rows = lsf.Test("| ForEach-Object { '{0} {1} {2}: {3}' -f $_.Node, $_.Check, $_.Result, $_.Evidence }").Succeeded().Objects;
        var checks = rows.Select(row => row.ToString()).ToList();
        Assert.DoesNotContain(checks, check => check.Contains(" Failed: ", StringComparison.Ordinal));
        Assert.Contains("o2wn02 HookUser Passed: /etc/lsf.sudoers: root", checks);
        (await RunningProcess.RunAsync("chmod", ["644", "/etc/lsf.sudoers"])).EndedWith(0);
        var failed = lsf.Test("-Check HookUser -FailOn Failed");
        Assert.Equal(2, failed.FailedNodes.Count);
        Assert.All(failed.ErrorIds, id => Assert.Equal("NodeCheckFailed", id));
        (await RunningProcess.RunAsync("chmod", ["600", "/etc/lsf.sudoers"])).EndedWith(0);
    }

    [Fact]
    public async Task What_LSF_says_of_a_job_that_runs_is_what_its_hooks_were_told_and_its_host_shows_that_it_lives()
    {
        var gate = await GateAsync();
        var running = lsf.SubmitAsync(_id + "[7]", Tiny, $"echo begins; read -r _ <{gate}");
        await HookedSlurm.UntilAsync("the job runs", () => Task.FromResult(File.Exists($"{lsf.Top}/out.{_id}.7")
            && File.ReadAllText($"{lsf.Top}/out.{_id}.7").Length > 0));
        Assert.Equal(
            $"{_id}[7] Lsf normal stand-in hpcuser 4001 o2wn01=2/2 o2wn02=1/1 RUN",
            lsf.Ask(
                """
                Get-HpcAllocation -JobId $Id -Site $Site | ForEach-Object {
                    $nodes = $_.Nodes | ForEach-Object { "$_=$($_.Slots)/$($_.Cpus)" }
                    "$($_.JobId) $($_.Scheduler) $($_.Queue) $($_.Cluster) $($_.Owner) $($_.Owner.Uid) $nodes $($_.Job)"
                }
                """,
                _id + "[7]").Single().ToString());
        Assert.Equal(
            "Running RUN normal  2",
            lsf.Ask(
                """
                Get-HpcJob $Id -AskBatchSystem -Site $Site |
                    ForEach-Object { "$($_.State) $($_.BatchState) $($_.Queue) $($_.Mismatch) $($_.Nodes.Count)" }
                """,
                _id + "[7]").Single().ToString());

        // LSF knows nothing of what runs here: its answer is of another cluster, or not whole.
        await lsf.ForgetAsync(_id + "[7]");
        var swept = await lsf.SweepAsync(_id + "[7]");
        Assert.Contains($"runs something of job {_id}[7], which Lsf stand-in does not know", swept.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(gate, "go\n");
        Assert.Equal(0, (await running).Submission.ExitCode);
        File.Delete(gate);
        await lsf.AssertNothingLeftAsync(_id + "[7]");
    }

    [Fact]
    public async Task What_is_left_where_no_post_execution_ran_goes_by_a_sweep_when_LSF_says_that_the_job_is_over_and_not_before()
    {
        var job = await lsf.SubmitAsync(_id, Tiny, "exit 3", hasPost: false);
        Assert.Equal(3, job.Submission.ExitCode);
        await lsf.WithoutLsfAsync(async () =>
        {
            var unanswered = await lsf.SweepAsync(_id, "-BatchTimeoutSec", "1");
            Assert.Contains("Lsf did not say which of 1 job live", unanswered.EndedWith(75).Error, StringComparison.Ordinal);
        });

        // LSF tells the minute in which it ended, which may be over.
        var young = await lsf.SweepAsync(_id, "-EndedForSec", "3600");
        Assert.Contains("left as it is", young.EndedWith(0).Error, StringComparison.Ordinal);
        Assert.Equal(
            "Running EXIT",
            lsf.Ask("$job = Get-HpcJob $Id -AskBatchSystem -Site $Site; \"$($job.State) $($job.BatchState)\"", _id).Single().ToString());

        await lsf.ForgetAsync(_id);
        lsf.Ask("Get-HpcAllocation -JobId $Id -Site $Site", _id).Failed("JobNotFound");
        dynamic found = lsf.Ask("Clear-HpcOrphan $Id -Site $Site -EndedForSec 0 -WhatIf -PassThru", _id).Single();
        Assert.Equal(("Unknown", "Lsf does not know it"), ((string)found.Reason, (string)found.Evidence));
        Assert.Contains(
            $"job {_id} is removed from o2wn[01-02]: Lsf does not know it",
            (await lsf.SweepAsync(_id)).EndedWith(0).Output,
            StringComparison.Ordinal);

        await lsf.AssertNothingLeftAsync(_id);

        // A post-execution that comes late finds nothing to do.
        await lsf.RunPostAsync(_id);
        await lsf.AssertNothingLeftAsync(_id);
    }

    /// <summary>A fifo that jobs see, which one waits at until somebody writes there.</summary>
    private async Task<string> GateAsync()
    {
        var gate = $"{lsf.Top}/gate.{_id}";
        (await RunningProcess.RunAsync("mkfifo", ["--mode=666", gate])).EndedWith(0);
        return gate;
    }
}
