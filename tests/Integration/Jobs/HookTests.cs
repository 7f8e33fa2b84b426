using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.Jobs;

/// <summary>pisahpc-hook, compiled ahead of time, as a batch system's hooks call it.</summary>
[Collection(LabTests.Name)]
public sealed class HookTests(LabFixture lab) : IAsyncLifetime, IDisposable
{
    private const string Both = "o2wn01 32 o2wn02 24";
    private readonly HostedRunspace _shell = new();
    private readonly string _jobId = LabFixture.NewJobId("hook");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pisahpc-hook-");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _directory.Delete(recursive: true);
        File.Delete(Path.Combine(lab.State.Shared, $"never-{_jobId}"));
        _shell.Run("param($JobId) Stop-HpcJob $JobId -GraceSec 0", new { JobId = _jobId }).Succeeded();
        await lab.AssertNothingLeftAsync(_jobId);
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task It_starts_the_job_that_it_runs_in_as_the_cmdlet_does_and_stops_it_and_both_can_be_run_twice()
    {
        var started = (await HookAsync(["start", "-Environment", "tiny"], Both)).EndedWith(0);
        Assert.StartsWith($"pisahpc-hook: job {_jobId} runs on o2wn[01-02], environment tiny, port ", started.Output, StringComparison.Ordinal);
        dynamic job = Assert.Single(_shell.Run("param($JobId) Get-HpcJob $JobId", new { JobId = _jobId }).Succeeded().Objects);
        Assert.Equal(("Running", 56, "hpcuser"), ((string)job.State, (int)job.TotalSlots, (string)job.Owner));
        dynamic again = Assert.Single(_shell.Run(
            "param($JobId) Get-HpcAllocation -Node o2wn01, o2wn02 -Slot 32, 24 -JobId $JobId -Owner hpcuser | Start-HpcJob -Environment tiny",
            new { JobId = _jobId }).Succeeded().Objects);
        Assert.False((bool)again.Changed);
        Assert.Contains(", as before", (await HookAsync(["start", "-Environment", "tiny"], Both)).EndedWith(0).Output, StringComparison.Ordinal);

        Assert.Equal($"pisahpc-hook: job {_jobId} is stopped\n", (await HookAsync(["stop", "-GraceSec", "1"], Both)).EndedWith(0).Output);
        await lab.AssertNothingLeftAsync(_jobId);
        Assert.Equal($"pisahpc-hook: job {_jobId} is stopped, as before\n", (await HookAsync(["stop", _jobId], hosts: null)).EndedWith(0).Output);
    }

    [Theory]
    [InlineData(78, Both, "EnvironmentNotFound: ", "-Environment", "nonesuch")]
    [InlineData(78, Both, "ImageNotFound: ", "-Environment", "missing")]
    [InlineData(75, Both, "ContainerNotReady: ", "-Environment", "broken")]
    [InlineData(75, "o2wn01 1 nonesuch.invalid 1", "JobNotStarted: ", "-Environment", "tiny")]
    [InlineData(64, Both, "'-Color' is no option of pisahpc-hook start.", "-Color", "red")]
    [InlineData(64, Both, "-TraceFile: The file /nonexistent/t.json cannot be written", "-Environment", "tiny", "-TraceFile", "/nonexistent/t.json")]
    public async Task Its_exit_code_says_what_the_batch_system_may_do_and_nothing_is_left(
        int code, string hosts, string words, params string[] options)
    {
        var end = (await HookAsync(["start", "-Site", SiteThatFails(), .. options], hosts)).EndedWith(code);
        Assert.Contains(words, end.Error, StringComparison.Ordinal);
        Assert.All(
            end.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.StartsWith("pisahpc-hook: ", line, StringComparison.Ordinal));
        await lab.AssertNothingLeftAsync(_jobId);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task Interrupted_while_containers_start_it_takes_everything_back(string signal, int code)
    {
        using var hook = RunningProcess.Start(
            Repository.Hook, ["start", "-Environment", "unready", "-Site", SiteThatFails(), "-Verbose"], InJob(Both));
        await hook.SaysAsync("o2wn02: waiting until it is ready");
        await hook.SignalAsync(signal);
        var end = (await hook.EndAsync()).EndedWith(code);
        Assert.Contains(
            $"Stopped by SIG{signal}. Job {_jobId}: 2 containers, a port and keys were taken back from o2wn[01-02].",
            end.Error,
            StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(_jobId);
    }

    [Fact]
    public async Task Its_own_deadline_comes_before_the_batch_systems_and_the_job_may_be_requeued()
    {
        var end = (await HookAsync(["start", "-Environment", "unready", "-Site", SiteThatFails(), "-DeadlineSec", "5"], Both)).EndedWith(75);
        Assert.Contains($"Stopped by its deadline of 5 s. Job {_jobId}: ", end.Error, StringComparison.Ordinal);
        Assert.Contains(" were taken back from o2wn[01-02].", end.Error, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(_jobId);
    }

    [Fact]
    public async Task A_stop_that_is_stopped_says_that_something_may_be_left()
    {
        (await HookAsync(["start", "-Environment", "tiny"], Both)).EndedWith(0);
        await HoldContainersAsync("o2wn02");
        var trace = Path.Combine(_directory.FullName, "stop.json");
        using var hook = RunningProcess.Start(
            Repository.Hook, ["stop", "-GraceSec", "60", "-Site", lab.State.Site, "-Verbose", "-TraceFile", trace], InJob(Both));
        await hook.SaysAsync("o2wn02: stopping");
        await hook.SignalAsync("TERM");
        var end = (await hook.EndAsync()).EndedWith(1);
        Assert.Contains("Stopped by SIGTERM. Something may be left", end.Error, StringComparison.Ordinal);
        Assert.Contains($"pisahpc-hook: {trace}: pisahpc-hook stop, job {_jobId}, 2 nodes, ", end.Error, StringComparison.Ordinal);
        var written = await File.ReadAllTextAsync(trace);
        Assert.All(["StopOnNode", "Cancelled", "POST /containers/"], word => Assert.Contains(word, written, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Outside_of_a_job_it_has_nothing_to_start()
    {
        var end = (await HookAsync(["start"], hosts: null)).EndedWith(78);
        Assert.Contains("AllocationNotFound: This process is part of no batch job", end.Error, StringComparison.Ordinal);
    }

    /// <summary>Freezes a container's processes: TERM does not end it, and whoever stops it waits for the grace time.</summary>
    private async Task HoldContainersAsync(string node)
    {
        var of = lab.Nodes.Single(one => one.Name == node);
        var container = Assert.Single((await of.DockerAsync("ps", "--quiet", "--filter", $"name={_jobId}")).EndedWith(0).Lines);
        (await of.DockerAsync("exec", container, "sh", "-c", "kill -STOP -1")).EndedWith(0);
    }

    private Task<ProcessResult> HookAsync(string[] arguments, string? hosts) =>
        RunningProcess.RunAsync(
            Repository.Hook, arguments.Contains("-Site") ? arguments : [.. arguments, "-Site", lab.State.Site], InJob(hosts));

    /// <summary>A job's variables as LSF sets them; of no job where no hosts are given.</summary>
    private Dictionary<string, string?> InJob(string? hosts) => new()
    {
        ["PISAHPC_SITE"] = "/nonexistent/of-the-jobs-user.yaml",
        ["LSB_JOBID"] = hosts is null ? null : _jobId,
        ["LSB_QUEUE"] = "hpc",
        ["LSFUSER"] = "hpcuser",
        ["LSB_MCPU_HOSTS"] = hosts,
    };

    /// <summary>The lab's site definition with environments whose image nobody has, whose sshd fails, and whose sshd never listens.</summary>
    private string SiteThatFails()
    {
        var never = Path.Combine(lab.State.Shared, $"never-{_jobId}");
        ProgramFile.Write(never, "#!/bin/sh\nexec sleep 1000\n");
        return LabSite.Of(lab)
            .WithEnvironments(
                "missing: { image: pisa/none:1 }",
                "broken: { image: pisa/tiny:1, sshd: /bin/false }",
                $"unready: {{ image: pisa/tiny:1, sshd: {never}, readyTimeout: 120s }}")
            .WriteTo(Path.Combine(_directory.FullName, "site.yaml"));
    }
}
