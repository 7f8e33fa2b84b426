using System.Text.Json;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Host;

namespace PisaHpc.Integration.Jobs;

/// <summary>The caller dies, is interrupted or stands still while a job starts.</summary>
[Collection(LabTests.Name)]
public sealed class JobKillTests(LabFixture lab) : IDisposable
{
    private readonly HostedRunspace _shell = new();

    public static TheoryData<string> Steps() =>
        ["asking the node", "leasing a port", "writing the ssh configuration", "starting the container", "waiting until it is ready"];

    public void Dispose() => _shell.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Killed_at_any_step_the_job_is_cleaned_up_by_its_id_alone(string step)
    {
        await using var job = new LabJob(_shell, lab, "kill");
        (await CutOffAsync(job, step, "KILL")).EndedWith(137);

        _shell.Run("param($JobId) Stop-HpcJob $JobId", new { JobId = job.Id }).Succeeded();

        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Interrupted_at_any_step_the_caller_takes_everything_back_itself(string step)
    {
        await using var job = new LabJob(_shell, lab, "int");
        var end = (await CutOffAsync(job, step, "INT")).EndedWith(130);
        await lab.AssertNothingLeftAsync(job.Id);
        if (step is "writing the ssh configuration" or "starting the container" or "waiting until it is ready")
        {
            // As that step begins no node need have keys yet.
            var none = step is "writing the ssh configuration" ? "a port was taken back|" : "";
            Assert.Matches(
                $@"warning: Job {job.Id}: .*({none}a port and keys were taken back from o2wn(\[01-02\]|0[12]))\.", end.Error);
        }
    }

    [Fact]
    public async Task Interrupted_when_it_is_ready_the_job_is_whole_or_gone()
    {
        await using var job = new LabJob(_shell, lab, "late");
        using var caller = Start(job);
        await caller.SaysAsync("o2wn02: starting: done");
        await caller.TrySignalAsync("INT");
        var end = await caller.EndAsync();

        Assert.True(end.ExitCode is 0 or 130, end.ToString());
        var found = _shell.Run("param($JobId) Get-HpcJob $JobId -ErrorAction Ignore", new { JobId = job.Id }).Objects;
        if (end.ExitCode == 0 || found.Count > 0)
        {
            dynamic whole = Assert.Single(found);
            Assert.Equal("Running", (string)whole.State);
        }
        else
        {
            await lab.AssertNothingLeftAsync(job.Id);
        }
    }

    [Fact]
    public async Task A_session_that_ends_while_it_starts_in_the_background_takes_it_back_and_says_so()
    {
        await using var job = new LabJob(_shell, lab, "session");
        var never = Path.Combine(lab.State.Shared, $"never-{job.Id}");
        ProgramFile.Write(never, "#!/bin/sh\nexec sleep 1000\n");
        var site = Path.Combine(Path.GetTempPath(), $"{job.Id}.yaml");
        LabSite.Of(lab).WithEnvironments($"unready: {{ image: pisa/tiny:1, sshd: {never}, readyTimeout: 120s }}").WriteTo(site);
        var end = await Pwsh.RunAsync(
            "-Command",
            $"Import-Module '{Repository.Manifest}'; "
            + $"$begun = Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 1 -Owner hpcuser -JobId {job.Id} | "
            + $"Start-HpcJob -Environment unready -Site {site} -AsJob; "
            + $"while (@(Get-HpcContainer -JobId {job.Id} -Site {site} -ErrorAction SilentlyContinue | "
            + "Where-Object State -EQ Running).Count -lt 2) { }");
        File.Delete(site);
        File.Delete(never);
        Assert.Contains("The session ends: its job ", end.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"Job {job.Id}: 2 containers, a port and keys were taken back from o2wn[01-02].", end.Output, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task A_job_that_is_being_started_is_shown_so_and_not_started_twice()
    {
        await using var job = new LabJob(_shell, lab, "busy");
        using var caller = Start(job);

        // Whatever comes later may be over before the signal is there.
        await caller.SaysAsync("leasing a port: done");
        await caller.SignalAsync("STOP");
        try
        {
            dynamic found = job.Run("Get-HpcJob $JobId").Single();
            Assert.Equal("Starting", (string)found.State);
            job.Run("$allocation | Start-HpcJob -Environment tiny").Failed("JobBeingStarted");
        }
        finally
        {
            await caller.SignalAsync("CONT");
        }

        (await caller.EndAsync()).EndedWith(0);
        dynamic whole = job.Run("$allocation | Get-HpcJob").Single();
        Assert.Equal("Running", (string)whole.State);
    }

    [Fact]
    [Trait(LabPart.Name, LabPart.Alone)]
    public async Task A_node_that_goes_away_while_the_job_starts_is_named_and_a_stop_finishes_the_work_when_it_is_back()
    {
        await using var job = new LabJob(_shell, lab, "left");
        var node = lab.Nodes.Single(node => node.Name == "o2wn02");
        using var caller = Start(job, "-OutputFormat", "Json");
        await caller.SaysAsync("o2wn02: starting the container");
        await caller.SignalAsync("STOP");
        await node.WithoutLoginsAsync(async () =>
        {
            await caller.SignalAsync("CONT");
            var end = (await caller.EndAsync()).EndedWith(1);
            var error = end.Error.Split('\n').Last(line => line.StartsWith("{\"error\"", StringComparison.Ordinal));
            var fields = JsonDocument.Parse(error).RootElement.GetProperty("error");
            Assert.Equal("JobLeftBehind", fields.GetProperty("id").GetString());
            Assert.Equal("o2wn02", Assert.Single(fields.GetProperty("leftBehind").EnumerateArray()).GetProperty("node").GetString());
            Assert.Contains(fields.GetProperty("failedNodes").EnumerateArray(), failed => failed.GetProperty("node").GetString() == "o2wn02");
            Assert.Contains($"Stop-HpcJob -JobId '{job.Id}'", fields.GetProperty("recommendedAction").GetString(), StringComparison.Ordinal);
            Assert.Empty(await job.ContainersAsync(lab.Nodes.Single(node => node.Name == "o2wn01")));
        });

        _shell.Run("param($JobId) Stop-HpcJob $JobId", new { JobId = job.Id }).Succeeded();
        await lab.AssertNothingLeftAsync(job.Id);
    }

    /// <summary>
    /// Starts the job and sends a signal when a step begins. A start that ends before the signal comes, or has handed its job over by then, is
    /// done again.
    /// </summary>
    private static async Task<ProcessResult> CutOffAsync(LabJob job, string step, string signal)
    {
        for (var tries = 5; ; tries--)
        {
            using var caller = Start(job);
            await caller.SaysAsync(step);
            await caller.TrySignalAsync(signal);
            var end = await caller.EndAsync();
            var isWhole = end.ExitCode == 0 || (signal == "INT" && IsRunning(job));
            if (!isWhole || tries == 1)
            {
                return end;
            }

            job.Run("Stop-HpcJob $JobId").Succeeded();
        }
    }

    private static bool IsRunning(LabJob job) => job.Run("Get-HpcJob $JobId -ErrorAction Ignore").Objects is [var found]
        && (string)((dynamic)found).State == "Running";

    private static RunningProcess Start(LabJob job, params string[] options) => RunningProcess.Start(
        Repository.Host,
        [
            .. options,
            "-Command",
            $"Get-HpcAllocation -Node 'o2wn[01-02]' -Slot 32,24 -JobId {job.Id} -Owner hpcuser | Start-HpcJob -Environment tiny -Verbose",
        ]);
}
