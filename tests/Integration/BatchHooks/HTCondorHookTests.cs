using System.Globalization;
using System.Security.Cryptography;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>+PisaHpcEnvironment on one of the lab's nodes, by a stand-in for HTCondor that calls what HTCondor calls.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class HTCondorHookTests(HookedHTCondor condor) : IClassFixture<HookedHTCondor>
{
    private static readonly string[] Tiny = ["PisaHpcEnvironment=\"tiny\""];

    private readonly string _id =
        string.Create(CultureInfo.InvariantCulture, $"{RandomNumberGenerator.GetInt32(100_000_000, 999_999_999)}.7");

    [Fact]
    public async Task A_job_runs_in_its_container_in_its_scratch_directory_with_the_slots_memory_and_its_exit_code_is_its_own()
    {
        var job = await condor.SubmitAsync(
            _id,
            Tiny,
            """
            #!/bin/sh
            echo runs as $(id -un) on $(uname -n) in $PWD by $(readlink -f /bin/sh)
            echo kept >"$_CONDOR_SCRATCH_DIR/made" && cat made
            cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null
            exit 42

            """,
            exits: 2);
        Assert.Matches(
            "\\Aruns as hpcuser on o2wn02 in /tmp/pisahpc-execute/dir_[0-9]+ by .*busybox\nkept\n268435456\n\\z", job.Output);
        Assert.Equal((42, "PREPARE_JOB 0\njob 42\nJOB_EXIT exit 0\nJOB_EXIT exit 0\n"), (job.ExitCode, job.Events));
        await condor.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task What_lasts_holds_the_job_with_a_message()
    {
        var unknown = await condor.SubmitAsync(_id, ["PisaHpcEnvironment=\"nonesuch\""], "");
        Assert.Equal((250, "PREPARE_JOB 178\nJOB_EXIT evict 0\n"), (unknown.ExitCode, unknown.Events));
        Assert.Matches("\\Apisahpc: environment-not-found on o2wn02: .*nonesuch.*\n\\z", unknown.Output);
        await condor.AssertNothingLeftAsync(_id);

        var other = _id + "1";
        var missing = await condor.SubmitAsync(other, ["PisaHpcEnvironment=\"missing\""], "");
        Assert.Equal(250, missing.ExitCode);
        Assert.Matches("\\Apisahpc: image-missing on o2wn02: .*pisa/none:1.*\n\\z", missing.Output);
        await condor.AssertNothingLeftAsync(other);

        var parallel = await condor.SubmitAsync(_id + "2", [.. Tiny, "JobUniverse=11"], "");
        Assert.Equal(250, parallel.ExitCode);
        Assert.StartsWith("pisahpc: universe-unsupported on o2wn02: ", parallel.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait(LabPart.Name, LabPart.Alone)]
    public async Task What_may_pass_puts_the_job_back_into_the_queue()
    {
        HTCondorJob job = null!;
        await condor.Lab.Nodes[1].WithoutEngineAsync(async () => job = await condor.SubmitAsync(_id, Tiny, ""));
        Assert.Equal((251, "PREPARE_JOB 375\nJOB_EXIT evict 0\n"), (job.ExitCode, job.Events));
        Assert.StartsWith("pisahpc: engine-unavailable on o2wn02: ", job.Output, StringComparison.Ordinal);
        await condor.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task A_job_that_is_removed_while_it_runs_leaves_nothing()
    {
        using var running = condor.Begin(_id, Tiny, "#!/bin/sh\ntrap 'echo ended; exit 0' TERM\necho runs\nwhile :; do sleep 0.1; done\n");
        await HookedSlurm.UntilAsync("the job runs", async () => await condor.OutputAsync(_id) == "runs\n");
        AssertKnown();
        await condor.RemoveAsync(_id);
        var job = await condor.EndAsync(_id, running);
        Assert.Equal((252, "runs\nended\n"), (job.ExitCode, job.Output));
        Assert.EndsWith("JOB_EXIT remove 0\n", job.Events, StringComparison.Ordinal);
        await condor.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task A_job_whose_id_its_user_edited_to_anothers_starts_and_ends_its_own_container_alone()
    {
        using var running = condor.Begin(_id, Tiny, "#!/bin/sh\ntrap 'echo ended; exit 0' TERM\necho runs\nwhile :; do sleep 0.1; done\n");
        await HookedSlurm.UntilAsync("the job runs", async () => await condor.OutputAsync(_id) == "runs\n");
        var other = _id + "1";
        var attack = await condor.SubmitAsync(
            other, [.. Tiny, $"GlobalJobId=\"sched01@lab#{_id}#1764430000\""], "#!/bin/sh\nreadlink -f /bin/sh\n");
        Assert.Equal("PREPARE_JOB 0\njob 0\nJOB_EXIT exit 0\n", attack.Events);
        Assert.Contains("busybox", attack.Output, StringComparison.Ordinal);
        await condor.AssertNothingLeftAsync(other, sweeps: false);

        await condor.RemoveAsync(_id);
        Assert.Equal((252, "runs\nended\n"), await condor.EndAsync(_id, running) is var job ? (job.ExitCode, job.Output) : default);
        await condor.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task A_job_that_does_not_run_as_its_owner_is_held()
    {
        var job = await condor.SubmitAsync(_id, [.. Tiny, "Owner=\"nobody\""], "");
        Assert.Equal((250, "PREPARE_JOB 178\nJOB_EXIT evict 0\n"), (job.ExitCode, job.Events));
        Assert.StartsWith("pisahpc: owner-differs on o2wn02: the job is nobody's", job.Output, StringComparison.Ordinal);
        await condor.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task What_a_starter_left_that_was_killed_goes_when_HTCondor_knows_the_job_no_more_and_its_record_by_a_sweep()
    {
        using var running = condor.Begin(_id, Tiny, "#!/bin/sh\necho runs\nwhile :; do sleep 0.1; done\n");
        await HookedSlurm.UntilAsync("the job runs", async () => await condor.OutputAsync(_id) == "runs\n");
        var starter = (await File.ReadAllTextAsync($"{condor.Top}/starter.{_id}")).TrimEnd();
        (await condor.OnNodeAsync("kill", "-KILL", starter)).EndedWith(0);
        await running.EndAsync();

        // HTCondor does not know yet that the starter is no more; then it has forgotten the job.
        const string Clears = "Clear-HpcOrphan -JobId $Id -EndedForSec 0 -Site $Site -WarningVariable said -WarningAction SilentlyContinue";
        Assert.Contains(" is Running", condor.Ask(_id, Clears + "; \"$said\"").Single().ToString(), StringComparison.Ordinal);
        File.Delete($"{condor.Top}/starter.{_id}");
        Assert.Equal(
            "Removed Unknown",
            condor.Ask(_id, Clears + " | ForEach-Object { \"$($_.State) $($_.Reason)\" }").Single().ToString());
        (await condor.OnNodeAsync("/usr/lib/pisahpc/htcondor-root", "sweep")).EndedWith(0);
        await condor.AssertNothingLeftAsync(_id);
        (await condor.OnNodeAsync("rm", "-r", $"/tmp/pisahpc-execute/dir_{starter}")).EndedWith(0);
    }

    [Fact]
    public async Task A_job_that_asks_for_nothing_runs_on_the_host_and_gets_no_container_by_what_its_user_makes_up()
    {
        var job = await condor.SubmitAsync(
            _id,
            [],
            """
            #!/bin/sh
            readlink -f /bin/sh
            hooks=/usr/lib/pisahpc
            sudo -n $hooks/htcondor-root start </dev/null
            printf 'JobUniverse = 5\nPisaHpcEnvironment = "tiny"\nGlobalJobId = "other#1.0#1"\n' | $hooks/htcondor-prepare
            SUDO_UID=0 sudo -n $hooks/htcondor-root start clean </dev/null 2>/dev/null || echo refused
            sudo -n $hooks/htcondor-root sweep </dev/null 2>/dev/null || echo refused

            """);
        Assert.Equal((0, "PREPARE_JOB 0\njob 0\nJOB_EXIT exit 0\n"), (job.ExitCode, job.Events));
        var lines = job.Output.TrimEnd('\n').Split('\n');
        Assert.DoesNotContain("busybox", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("75 startd-unread o2wn02 ", lines[1], StringComparison.Ordinal);
        Assert.Equal("HookStatusCode = 375", lines[2]);
        Assert.StartsWith("HookStatusMessage = \"pisahpc: startd-unread on o2wn02: ", lines[3], StringComparison.Ordinal);
        Assert.Equal(["refused", "refused"], lines[4..]);
        await condor.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task A_starter_that_a_user_runs_is_none()
    {
        var said = await condor.OnNodeAsync(
            "setpriv", "--reuid=hpcuser", "--regid=hpcuser", "--init-groups", "env", "_CONDOR_EXECUTE=/tmp",
            $"{condor.Top}/sbin/condor_starter",
            "-c", "sudo -n /usr/lib/pisahpc/htcondor-root start; true", "-a", "slot1_1");
        Assert.Matches("^78 not-a-job o2wn02 ", said.EndedWith(0).Output);
        await condor.AssertNothingLeftAsync(_id);
    }

    [Fact]
    public async Task Installing_twice_is_installing_once_and_the_doctor_names_what_is_not_fit()
    {
        var before = await File.ReadAllBytesAsync(condor.Lines);
        Assert.All(condor.Install().Succeeded().Objects, row => Assert.False((bool)row.Properties["Changed"].Value));
        Assert.Equal(before, await File.ReadAllBytesAsync(condor.Lines));
        dynamic removal = condor.Uninstall("-WhatIf -PassThru -Node o2wn01").Single();
        dynamic bare = condor.UninstallWithoutHTCondor("-WhatIf -PassThru -Node o2wn01").Single();
        Assert.Equal((IEnumerable<string>)removal.Diff, (IEnumerable<string>)bare.Diff);
        Assert.Contains("- USER_JOB_WRAPPER = /usr/lib/pisahpc/htcondor-job", (IEnumerable<string>)removal.Diff);
        Assert.DoesNotContain(Checks(), check => check.Contains(" Failed: ", StringComparison.Ordinal));

        var later = $"{condor.Top}/config.d/99-later.conf";
        await File.WriteAllTextAsync(later, "USER_JOB_WRAPPER = /site/wrapper\nDISABLE_SETUID = true\nSTARTER_JOB_HOOK_KEYWORD = SITE\n");
        var failed = Checks().Where(check => check.StartsWith("o2wn01", StringComparison.Ordinal)).ToList();
        Assert.Contains("o2wn01 HookLines Failed: USER_JOB_WRAPPER is not /usr/lib/pisahpc/htcondor-job", failed);
        Assert.Contains(failed, check => check.StartsWith("o2wn01 HookRoot Failed: DISABLE_SETUID = true", StringComparison.Ordinal));
        Assert.Contains(failed, check => check.StartsWith("o2wn01 HookKeyword Warning: ", StringComparison.Ordinal));
        Assert.Contains("BatchConfigurationInvalid", condor.Install().ErrorIds);
        File.Delete(later);
    }

    /// <summary>What HTCondor says of a job that runs is what its hooks were told, and its node shows that it lives.</summary>
    private void AssertKnown()
    {
        Assert.Equal(
            $"{_id}.sched01_lab HTCondor hpcuser 4001 o2wn02=1/268435456 Running",
            condor.Ask(
                _id,
                """
                Get-HpcAllocation -JobId $Id -Site $Site | ForEach-Object {
                    $first = $_.Nodes[0]
                    "$($_.JobId) $($_.Scheduler) $($_.Owner) $($_.Owner.Uid) $first=$($_.TotalSlots)/$($first.MemoryBytes) $($_.Job)"
                }
                """).Single().ToString());
        Assert.Equal(
            "Running Running ",
            condor.Ask(
                _id, "Get-HpcJob $Id -AskBatchSystem -Site $Site | ForEach-Object { \"$($_.State) $($_.BatchState) $($_.Mismatch)\" }")
                .Single().ToString());
        Assert.Contains(
            "runs, as its nodes say",
            condor.Ask(_id, "Clear-HpcOrphan -JobId $Id -Site $Site -WarningVariable said -WarningAction SilentlyContinue; \"$said\"")
                .Single().ToString(),
            StringComparison.Ordinal);
    }

    private List<string> Checks() =>
    [
        .. condor.Test("| ForEach-Object { '{0} {1} {2}: {3}' -f $_.Node, $_.Check, $_.Result, $_.Evidence }").Succeeded().Objects
            .Select(row => row.ToString()!),
    ];
}
