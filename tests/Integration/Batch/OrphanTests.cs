using System.Globalization;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>Clear-HpcOrphan and <c>pisahpc-hook sweep</c> on the lab's Slurm: what is left of jobs whose run is over, and only that.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
public sealed class OrphanTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_job_whose_epilog_never_ran_is_swept_and_the_one_beside_it_is_not_touched()
    {
        await using var alive = await GrantedJob.StartAsync(lab, "--nodes=2", "--ntasks=2");
        await using var ended = await GrantedJob.StartAsync(lab, "--nodes=2", "--ntasks=2");
        var (first, second) = (await alive.ContainersAsync("o2wn01"), await alive.ContainersAsync("o2wn02"));
        await ended.EndAsync();

        Assert.Empty(Clear($"-JobId {ended.Id} -EndedForSec 86400").Succeeded().Objects);
        dynamic predicted = Clear($"-JobId {ended.Id} -EndedForSec 0 -WhatIf -PassThru").Single();
        Assert.Equal((ended.Id, true), ((string)predicted.JobId, (bool)predicted.Changed));
        Assert.NotEmpty(await lab.TracesOfAsync(ended.Id));

        var swept = Clear("-EndedForSec 0").Succeeded().Objects.Select(one => (dynamic)one).ToArray();
        Assert.DoesNotContain(swept, one => (string)one.JobId == alive.Id);
        dynamic removed = Assert.Single(swept, one => (string)one.JobId == ended.Id);
        Assert.Equal((ended.Id, "Removed", "Ended", true), (
            (string)removed.JobId, (string)removed.State, (string)removed.Reason, (bool)removed.Changed));
        Assert.StartsWith("Slurm: CANCELLED since ", (string)removed.Evidence, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(ended.Id);

        Assert.Empty(Clear($"-JobId {ended.Id} -EndedForSec 0").Succeeded().Objects);
        Assert.Equal((first, second), (await alive.ContainersAsync("o2wn01"), await alive.ContainersAsync("o2wn02")));
        Assert.EndsWith(" running", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_for_hooks_does_the_same_and_says_so_in_lines()
    {
        await using var ended = await GrantedJob.StartAsync(lab, "--nodes=2", "--ntasks=2");
        await ended.EndAsync();
        var would = (await SweepAsync(ended.Id, "-EndedForSec", "0", "-WhatIf")).EndedWith(0);
        Assert.Contains($"job {ended.Id} would be removed from o2wn[01-02]: Slurm: CANCELLED since ", would.Output, StringComparison.Ordinal);
        Assert.NotEmpty(await lab.TracesOfAsync(ended.Id));

        var did = (await SweepAsync(ended.Id, "-EndedForSec", "0")).EndedWith(0);
        Assert.Contains($"job {ended.Id} is removed from o2wn[01-02]: Slurm: CANCELLED since ", did.Output, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(ended.Id);
        Assert.DoesNotContain(ended.Id, (await SweepAsync(ended.Id, "-EndedForSec", "0")).EndedWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_controller_away_what_is_in_question_is_left_and_what_runs_needs_no_answer()
    {
        await using var alive = await GrantedJob.StartAsync(lab, "--nodelist=o2wn02", "--ntasks=1");
        await using var killed = await GrantedJob.StartAsync(lab, "--nodelist=o2wn01", "--ntasks=1", "--no-requeue");
        await EndControllerAsync();
        try
        {
            await KillStepsAsync(killed.Id);
            var before = await killed.ContainersAsync("o2wn01");

            var error = Clear("-EndedForSec 0").Failed("BatchSystemFailed");
            Assert.Contains("all of them were left as they are: Slurm did not answer", error.ToString(), StringComparison.Ordinal);
            var end = (await SweepAsync("-EndedForSec", "0")).EndedWith(75);
            Assert.Contains("pisahpc-hook: BatchSystemFailed: Slurm did not say which of ", end.Error, StringComparison.Ordinal);
            Assert.Equal(before, await killed.ContainersAsync("o2wn01"));

            Assert.Empty(Clear($"-JobId {alive.Id} -EndedForSec 0").Succeeded().Objects);
        }
        finally
        {
            await RaiseSlurmAsync();
        }

        await killed.EndAsync();
        dynamic removed = Clear($"-JobId {killed.Id} -EndedForSec 0").Single();
        Assert.Equal((killed.Id, "Removed"), ((string)removed.JobId, (string)removed.State));
        await lab.AssertNothingLeftAsync(killed.Id);
        Assert.EndsWith(" running", await alive.ContainersAsync("o2wn02"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_controller_that_does_not_answer_holds_nobody_up()
    {
        await using var ended = await GrantedJob.StartAsync(lab, "--nodelist=o2wn01", "--ntasks=1");
        await ended.EndAsync();
        var pid = await ControllerAsync();
        (await RunningProcess.RunAsync("kill", ["-STOP", pid])).EndedWith(0);
        try
        {
            var end = (await SweepAsync(ended.Id, "-BatchTimeoutSec", "2")).EndedWith(75);
            Assert.Contains("all of them were left as they are", end.Error, StringComparison.Ordinal);
            Assert.Contains("Allow it more time with -BatchTimeoutSec", end.Error, StringComparison.Ordinal);
            Assert.NotEmpty(await lab.TracesOfAsync(ended.Id));
        }
        finally
        {
            (await RunningProcess.RunAsync("kill", ["-CONT", pid])).EndedWith(0);
        }
    }

    [Fact]
    public async Task A_job_of_another_cluster_is_left_and_named()
    {
        await using var ended = await GrantedJob.StartAsync(lab, "--nodelist=o2wn01", "--ntasks=1");
        (await lab.Nodes.Single(one => one.Name == "o2wn01").DockerAsync(
            "run", "--detach", "--name", $"other-{ended.Id}", "--label", "pisahpc.schema=2", "--label", $"pisahpc.job={ended.Id}", "--label",
            "pisahpc.scheduler=Slurm", "--label", "pisahpc.cluster=elsewhere", "pisa/tiny:1", "sleep", "1000")).EndedWith(0);
        await ended.EndAsync();
        var swept = Clear($"-JobId {ended.Id} -EndedForSec 0").Succeeded();
        Assert.Empty(swept.Objects);
        Assert.Contains($"job {ended.Id} is of cluster elsewhere, not of ", Assert.Single(swept.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_makes_no_job_live_by_a_process_of_that_name_or_by_a_socket_of_that_name()
    {
        await using var ended = await GrantedJob.StartAsync(lab, "--nodelist=o2wn01", "--ntasks=1");
        await ended.EndAsync();
        var node = lab.Nodes.Single(one => one.Name == "o2wn01");
        var directory = $"/tmp/fake-{ended.Id}";
        (await node.RunInsideAsync("sh", "-c", $"mkdir -m 777 {directory} && cp /usr/bin/perl {directory}/slurmstepd")).EndedWith(0);
        try
        {
            const string Listen = "socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])); listen(S, 5); $| = 1; print qq(listens\n); sleep 600";
            using var fake = RunningProcess.Start(
                "nsenter",
                node.Inside(
                    "setpriv", "--reuid=hpcuser", "--regid=hpcuser", "--clear-groups", $"{directory}/slurmstepd", "-MSocket", "-e", Listen,
                    $"{directory}/o2wn01_{ended.Id}.0"));
            await fake.SaysAsync("listens");
            (await node.RunInsideAsync("grep", "-c", $"o2wn01_{ended.Id}.0", "/proc/net/unix")).EndedWith(0);

            dynamic removed = Clear($"-JobId {ended.Id} -EndedForSec 0").Single();
            Assert.Equal("Removed", (string)removed.State);
        }
        finally
        {
            (await node.RunInsideAsync("rm", "-rf", directory)).EndedWith(0);
        }
    }

    [Fact]
    public async Task What_a_requeued_job_left_on_its_earlier_node_goes_and_its_present_run_goes_on()
    {
        await using var job = await GrantedJob.StartAsync(lab, "--nodelist=o2wn01", "--ntasks=1", "--requeue");
        await ControlAsync("requeuehold", job.Id);
        await job.WaitAsync(state => state.Contains(" PENDING ", StringComparison.Ordinal));
        Assert.Empty(Clear($"-JobId {job.Id} -EndedForSec 0").Succeeded().Objects);
        await ControlAsync("update", $"JobId={job.Id}", "ReqNodeList=o2wn02");
        await ControlAsync("release", job.Id);
        await job.StartContainersAsync();
        var present = await job.ContainersAsync("o2wn02");
        Assert.NotEmpty(await job.ContainersAsync("o2wn01"));

        dynamic removed = Clear($"-JobId {job.Id} -EndedForSec 0").Single();

        Assert.Equal(("OtherNodes", "Slurm: RUNNING on o2wn02"), ((string)removed.Reason, (string)removed.Evidence));
        Assert.Equal("", await job.ContainersAsync("o2wn01"));
        Assert.Equal(present, await job.ContainersAsync("o2wn02"));
        dynamic whole = _shell.Run("param($Id) Get-HpcJob $Id", new { job.Id }).Single();
        Assert.Equal("Running", (string)whole.State);
    }

    /// <summary>Slurm does not know the job, and no slurmstepd is its: the lock and what was judged under it are all that saves it.</summary>
    [Fact]
    public async Task Beside_a_job_that_is_started_and_stopped_over_and_over_no_start_loses_anything()
    {
        var id = (900_000_000 + Random.Shared.Next(99_999_999)).ToString(CultureInfo.InvariantCulture);
        var sweeps = Path.Combine(Path.GetTempPath(), $"sweeps-{id}");
        await File.WriteAllTextAsync(sweeps, "");
        var starting = RunningProcess.RunAsync(
            Repository.Host,
            [
                "-Command",
                $$"""
                $env:SLURM_JOB_ID = '{{id}}'; $env:SLURM_JOB_NODELIST = 'o2wn[01-02]'; $env:SLURM_TASKS_PER_NODE = '1(x2)'
                $allocation = Get-HpcAllocation -Scheduler Slurm -Owner hpcuser
                do {
                    ($allocation | Start-HpcJob -Environment tiny -ErrorAction Stop).State
                    $null = Stop-HpcJob {{id}} -GraceSec 0 -ErrorAction Stop
                } while ([IO.File]::Exists('{{sweeps}}'))
                """
            ],
            patience: TimeSpan.FromMinutes(5));
        var taken = 0;
        try
        {
            for (var sweep = 0; sweep < 20; sweep++)
            {
                var end = (await SweepAsync(id, "-EndedForSec", "0")).EndedWith(0);
                taken += end.Output.Contains($"job {id} is removed", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        finally
        {
            File.Delete(sweeps);
            await starting;
        }

        var states = (await starting).EndedWith(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(states.Length > 1, $"It was started {states.Length} times beside the sweeps, of which {taken} took something.");
        Assert.All(states, state => Assert.Equal("Running", state.Trim()));
        await lab.AssertNothingLeftAsync(id);
    }

    [Fact]
    public async Task A_job_by_hand_is_left_and_named_and_goes_when_it_is_asked_for()
    {
        var id = LabFixture.NewJobId("hand");
        _shell.Run(
            "param($Id) $null = Get-HpcAllocation -Node o2wn01 -Slot 1 -JobId $Id -Owner hpcuser | Start-HpcJob -Environment tiny",
            new { Id = id }).Succeeded();
        try
        {
            var swept = Clear("-EndedForSec 0 -WhatIf -PassThru").Succeeded();
            Assert.DoesNotContain(swept.Objects, one => (string)((dynamic)one).JobId == id);
            Assert.Contains(swept.Warnings, words => words.Contains($"job {id} is no batch system's", StringComparison.Ordinal));
            Assert.Empty(_shell.Run("param($Id) Get-HpcJob $Id | Clear-HpcOrphan", new { Id = id }).Succeeded().Objects);
            Assert.Contains("a container of it runs", Assert.Single(Clear($"-JobId {id}").Succeeded().Warnings), StringComparison.Ordinal);
            var node = lab.Nodes.Single(one => one.Name == "o2wn01");
            var container = (await node.DockerAsync("ps", "--quiet", "--filter", $"label=pisahpc.job={id}")).EndedWith(0).Output.Trim();
            (await node.DockerAsync("kill", container)).EndedWith(0);
            Assert.Empty(_shell.Run("param($Id) Get-HpcJob $Id | Clear-HpcOrphan", new { Id = id }).Succeeded().Objects);
            dynamic removed = Clear($"-JobId {id}").Single();
            Assert.Equal(("Named", "Removed"), ((string)removed.Reason, (string)removed.State));
        }
        finally
        {
            _shell.Run("param($Id) $null = Stop-HpcJob $Id -GraceSec 0", new { Id = id }).Succeeded();
            await lab.AssertNothingLeftAsync(id);
        }
    }

    private RunResult Clear(string parameters) => _shell.Run($"Clear-HpcOrphan {parameters}");

    private Task<ProcessResult> SweepAsync(params string[] options) =>
        RunningProcess.RunAsync(Repository.Hook, ["sweep", "-Site", lab.State.Site, .. options], patience: TimeSpan.FromMinutes(2));

    private static async Task ControlAsync(params string[] arguments) => (await RunningProcess.RunAsync("scontrol", arguments)).EndedWith(0);

    /// <summary>Ends slurmctld as a service manager does: it saves its state first.</summary>
    private async Task EndControllerAsync()
    {
        var pid = await ControllerAsync();
        (await RunningProcess.RunAsync("kill", [pid])).EndedWith(0);
        (await RunningProcess.RunAsync("tail", [$"--pid={pid}", "--follow", "/dev/null"])).EndedWith(0);
    }

    /// <summary>slurmctld's process of now: other tests may have had it started again.</summary>
    private async Task<string> ControllerAsync()
    {
        await lab.InitializeAsync();
        return lab.State.Slurm!.Slurmctld!.Value.ToString(CultureInfo.InvariantCulture);
    }

    private async Task RaiseSlurmAsync()
    {
        (await RunningProcess.RunAsync(
            Path.Combine(Repository.Root, "lab", "lab.sh"), ["batch", "slurm"], patience: TimeSpan.FromMinutes(2))).EndedWith(0);
        await lab.InitializeAsync();
    }

    /// <summary>Kills a job's slurmstepds and what they run: their sockets' names stay.</summary>
    private static async Task KillStepsAsync(string jobId)
    {
        var all = LabProcess.All().ToArray();
        string[] steps =
        [
            .. from process in all
               where process.CommandLine.StartsWith($"slurmstepd: [{jobId}.", StringComparison.Ordinal)
               select process.Id,
        ];
        Assert.NotEmpty(steps);
        var children = all.Where(process => steps.Contains(process.Parent)).Select(process => process.Id);
        string[] doomed = [.. steps, .. children];
        (await RunningProcess.RunAsync("kill", ["-KILL", .. doomed])).EndedWith(0);
        foreach (var pid in doomed)
        {
            (await RunningProcess.RunAsync("tail", [$"--pid={pid}", "--follow", "/dev/null"])).EndedWith(0);
        }
    }
}
