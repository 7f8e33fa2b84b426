using System.Globalization;
using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Batch;

/// <summary>Clear-HpcOrphan and <c>pisahpc-hook sweep</c> on the lab's Slurm: what is left of jobs whose run is over, and only that.</summary>
[Collection(LabTests.Name)]
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

        Assert.Empty(Clear($"-JobId {ended.Id}").Succeeded().Objects);
        dynamic predicted = Clear("-EndedForSec 0 -WhatIf -PassThru").Single();
        Assert.Equal((ended.Id, true), ((string)predicted.JobId, (bool)predicted.Changed));
        Assert.NotEmpty(await lab.TracesOfAsync(ended.Id));

        dynamic removed = Clear("-EndedForSec 0").Single();
        Assert.Equal((ended.Id, "Removed", "Ended", true), (
            (string)removed.JobId, (string)removed.State, (string)removed.Reason, (bool)removed.Changed));
        Assert.StartsWith("Slurm: CANCELLED since ", (string)removed.Evidence, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(ended.Id);

        Assert.Empty(Clear("-EndedForSec 0").Succeeded().Objects);
        Assert.Equal((first, second), (await alive.ContainersAsync("o2wn01"), await alive.ContainersAsync("o2wn02")));
        Assert.EndsWith(" running", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_for_hooks_does_the_same_and_says_so_in_lines()
    {
        await using var ended = await GrantedJob.StartAsync(lab, "--nodes=2", "--ntasks=2");
        await ended.EndAsync();
        var would = (await SweepAsync("-EndedForSec", "0", "-WhatIf")).EndedWith(0);
        Assert.Contains($"job {ended.Id} would be removed from o2wn[01-02]: Slurm: CANCELLED since ", would.Output, StringComparison.Ordinal);
        Assert.NotEmpty(await lab.TracesOfAsync(ended.Id));

        var did = (await SweepAsync("-EndedForSec", "0")).EndedWith(0);
        Assert.Contains($"job {ended.Id} is removed from o2wn[01-02]: Slurm: CANCELLED since ", did.Output, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(ended.Id);
        Assert.DoesNotContain(ended.Id, (await SweepAsync("-EndedForSec", "0")).EndedWith(0).Output, StringComparison.Ordinal);
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
            Assert.Contains("BatchSystemFailed", (await SweepAsync("-BatchTimeoutSec", "1")).EndedWith(75).Error, StringComparison.Ordinal);
            Assert.Equal(before, await killed.ContainersAsync("o2wn01"));

            Assert.Empty(Clear($"-JobId {alive.Id} -EndedForSec 0").Succeeded().Objects);
        }
        finally
        {
            await RaiseSlurmAsync();
        }

        await killed.EndAsync();
        dynamic removed = Clear("-EndedForSec 0").Single();
        Assert.Equal((killed.Id, "Removed"), ((string)removed.JobId, (string)removed.State));
        await lab.AssertNothingLeftAsync(killed.Id);
        Assert.EndsWith(" running", await alive.ContainersAsync("o2wn02"), StringComparison.Ordinal);
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

        dynamic removed = Clear("-EndedForSec 0").Single();

        Assert.Equal(("OtherNodes", "Slurm: RUNNING on o2wn02"), ((string)removed.Reason, (string)removed.Evidence));
        Assert.Equal("", await job.ContainersAsync("o2wn01"));
        Assert.Equal(present, await job.ContainersAsync("o2wn02"));
        dynamic whole = _shell.Run("param($Id) Get-HpcJob $Id", new { job.Id }).Single();
        Assert.Equal("Running", (string)whole.State);
    }

    [Fact]
    public async Task Beside_a_job_that_is_started_and_stopped_over_and_over_it_takes_nothing_that_lives()
    {
        await using var job = await SlurmJob.SubmitAsync(lab, "--nodes=2", "--ntasks=2");
        await job.EnvironmentAsync();
        var sweeps = Path.Combine(Path.GetTempPath(), $"sweeps-{job.Id}");
        await File.WriteAllTextAsync(sweeps, "");
        using var other = new HostedRunspace();
        var starting = other.RunAsync(
            """
            param($Id, $Sweeps)
            $allocation = Get-HpcAllocation -JobId $Id
            do {
                $null = $allocation | Start-HpcJob -Environment tiny
                (Get-HpcJob $Id).State
                $null = Stop-HpcJob $Id -GraceSec 0
            } while ([IO.File]::Exists($Sweeps))
            """,
            new { job.Id, Sweeps = sweeps },
            CancellationToken.None);
        try
        {
            for (var sweep = 0; sweep < 20; sweep++)
            {
                var end = (await SweepAsync("-EndedForSec", "0")).EndedWith(0);
                Assert.DoesNotContain(job.Id, end.Output, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(sweeps);
            await starting;
        }

        var states = (await starting).Succeeded().Objects.Select(state => state.ToString()).ToArray();
        Assert.True(states.Length > 1, $"It was started {states.Length} times beside the sweeps.");
        Assert.All(states, state => Assert.Equal("Running", state));
        await job.DisposeAsync();
        await lab.AssertNothingLeftAsync(job.Id);
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
            var swept = Clear("-EndedForSec 0").Succeeded();
            Assert.Empty(swept.Objects);
            Assert.Contains($"job {id} is no batch system's", Assert.Single(swept.Warnings), StringComparison.Ordinal);
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
        var pid = lab.State.Slurm!.Slurmctld!.Value.ToString(CultureInfo.InvariantCulture);
        (await RunningProcess.RunAsync("kill", [pid])).EndedWith(0);
        (await RunningProcess.RunAsync("tail", [$"--pid={pid}", "--follow", "/dev/null"])).EndedWith(0);
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
        var steps = Directory.GetDirectories("/proc").Where(process => CommandLineOf(process).Contains($"[{jobId}.", StringComparison.Ordinal))
            .Select(process => Path.GetFileName(process)!).ToArray();
        Assert.NotEmpty(steps);
        var children = Directory.GetDirectories("/proc").Where(process => steps.Contains(ParentOf(process))).Select(process => Path.GetFileName(process)!);
        string[] doomed = [.. steps, .. children];
        (await RunningProcess.RunAsync("kill", ["-KILL", .. doomed])).EndedWith(0);
        foreach (var pid in doomed)
        {
            (await RunningProcess.RunAsync("tail", [$"--pid={pid}", "--follow", "/dev/null"])).EndedWith(0);
        }
    }

    private static string CommandLineOf(string process) => TextOf(process, "cmdline") is { } text && text.StartsWith("slurmstepd: ", StringComparison.Ordinal) ? text : "";

    private static string? ParentOf(string process) => TextOf(process, "status").Split('\n')
        .FirstOrDefault(line => line.StartsWith("PPid:", StringComparison.Ordinal))?["PPid:".Length..].Trim();

    private static string TextOf(string process, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, file));
        }
        catch (IOException)
        {
            // It is no process, or has ended.
            return "";
        }
    }
}
