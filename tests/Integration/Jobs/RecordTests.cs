using PisaHpc.Integration.Batch;
using PisaHpc.Integration.Harness;
using PisaHpc.Integration.Host;

namespace PisaHpc.Integration.Jobs;

/// <summary>How jobs of the lab end, as its cmdlets and its hooks write it down: with real containers, kills and limits.</summary>
[Collection(LabTests.Name)]
[Trait(LabPart.Name, LabPart.Slurm)]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RecordTests : IAsyncLifetime, IDisposable
{
    private readonly LabFixture _lab;
    private readonly HostedRunspace _shell = new();
    private readonly string _directory;
    private readonly string _site;

    public RecordTests(LabFixture lab)
    {
        _lab = lab;
        _directory = Directory.CreateTempSubdirectory("pisahpc-records-").FullName;
        _site = Path.Combine(_directory, "site.yaml");
    }

    private string Records => Path.Combine(_directory, "records");

    public Task InitializeAsync()
    {
        LabSite.Of(_lab).Recording(Records)
            .WithEnvironments(
                "small: { image: pisa/tiny:1, limits: { memory: 64m } }",
                "missing: { image: pisa/none:1 }",
                "broken: { image: pisa/tiny:1, sshd: /bin/false }")
            .WriteTo(_site);
        return Task.CompletedTask;
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_job_that_a_hook_starts_and_another_process_stops_twice_has_one_record()
    {
        await using var job = new LabJob(_shell, _lab, "record");
        (await HookAsync(job, ["start", "-Environment", "tiny"])).EndedWith(0);
        Assert.Empty(Ended(job));
        var stopped = await HookAsync(job, ["stop", "-GraceSec", "1"], ("LSB_JOBEXIT_STAT", "768"));
        Assert.Equal($"pisahpc-hook: job {job.Id} is stopped\n", stopped.EndedWith(0).Output);
        Assert.Equal("", stopped.Error);
        (await HookAsync(job, ["stop"])).EndedWith(0);

        dynamic ended = Assert.Single(Ended(job));
        Assert.Equal(("Failed", 3, "tiny", "hpcuser", 56),
            ((string)ended.Reason, (int)ended.ExitCode, (string)ended.Environment, (string)ended.Owner, (int)ended.TotalSlots));
        Assert.Equal(("root", "pisahpc-hook stop"), ((string)ended.EndedByUser, (string)ended.EndedByProgram));
        Assert.StartsWith("sha256:", (string)ended.ImageDigest, StringComparison.Ordinal);
        Assert.True(ended.BegunAt < ended.StartedAt && ended.StartedAt < ended.EndedAt);
        string[] phases = ["Survey", "LeasePort", "WriteAccess", "StartContainer", "WaitUntilReady", "StopOnNode"];
        Assert.Equal(phases, ((IEnumerable<dynamic>)ended.Phases).Select(phase => (string)phase.Phase));
        Assert.All(
            (IEnumerable<dynamic>)ended.Nodes,
            node => Assert.True(node.State == "Running" && node.OomKills == 0L && node.MemoryPeakBytes > 0));
        Assert.Equal(0b110_100_100, (int)File.GetUnixFileMode((string)ended.Path));
    }

    [Fact]
    public async Task Only_a_kill_that_the_kernel_counted_is_out_of_memory_and_the_record_says_at_whose_limit()
    {
        await using var greedy = new LabJob(_shell, _lab, "greedy");
        Start(greedy, "small").Succeeded();
        var node = _lab.Nodes[1];
        Assert.NotEqual(0, (await greedy.LoginAsync(node, "dd if=/dev/zero of=/dev/null bs=300M count=1")).ExitCode);
        Stop(greedy).Succeeded();
        dynamic ended = Assert.Single(Ended(greedy));
        Assert.Equal("OutOfMemory", (string)ended.Reason);
        var killed = Assert.Single((IEnumerable<dynamic>)ended.Nodes, other => other.OutOfMemory);
        Assert.Equal((node.Name, 64L << 20), ((string)killed.Name, (long)killed.MemoryLimitBytes));
        Assert.True(killed.OomKills >= 1L && killed.MemoryLimitHits >= 1L && killed.MemoryPeakBytes > 32L << 20);
        Assert.StartsWith("/sys/fs/cgroup/", (string)killed.Cgroup, StringComparison.Ordinal);
        Assert.Contains("at its own limit of 64 MiB", (string)ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exit_code_of_137_and_a_kill_by_hand_are_no_want_of_memory()
    {
        await using var pretender = new LabJob(_shell, _lab, "pretender");
        Start(pretender, "small").Succeeded();
        (await pretender.LoginAsync(_lab.Nodes[0], "exit 137")).EndedWith(137);
        (await HookAsync(pretender, ["stop", "-GraceSec", "0"], ("LSB_JOBEXIT_STAT", "35072"))).EndedWith(0);
        dynamic ended = Assert.Single(Ended(pretender));
        Assert.Equal(("Failed", 137), ((string)ended.Reason, (int)ended.ExitCode));

        await using var killed = new LabJob(_shell, _lab, "killed");
        Start(killed, "small").Succeeded();
        var node = _lab.Nodes[1];
        (await node.DockerAsync("kill", "--signal", "KILL", Assert.Single(await killed.ContainersAsync(node)))).EndedWith(0);
        Stop(killed).Succeeded();
        ended = Assert.Single(Ended(killed));
        Assert.Equal(("Signal", 9, 137), ((string)ended.Reason, (int)ended.Signal, (int)ended.ExitCode));
    }

    /// <summary>With the container its control group has gone, and its engine alone can tell.</summary>
    [Fact]
    public async Task A_container_that_ended_for_memory_is_told_by_its_engine()
    {
        await using var job = new LabJob(_shell, _lab, "starved");
        Start(job, "small").Succeeded();
        var node = _lab.Nodes[0];
        var container = Assert.Single(await job.ContainersAsync(node));
        (await node.DockerAsync("exec", container, "dd", "if=/dev/zero", "of=/dev/null", "bs=300M", "count=1")).EndedWith(137);
        (await node.DockerAsync("kill", container)).EndedWith(0);
        Stop(job).Succeeded();
        dynamic ended = Assert.Single(Ended(job));
        Assert.Equal(("OutOfMemory", "Exited"), ((string)ended.Reason, (string)ended.Nodes[0].State));
    }

    [Theory]
    [InlineData("missing", "JobRolledBack", "ImageMissing")]
    [InlineData("broken", "JobRolledBack", "NotReady")]
    public async Task A_start_that_fails_has_a_record_with_the_id_that_it_failed_with(string environment, string id, string reason)
    {
        await using var job = new LabJob(_shell, _lab, "failed");
        Assert.Equal(id, Start(job, environment).ErrorIds[^1]);
        dynamic ended = Assert.Single(Ended(job));
        Assert.Equal((reason, id, environment), ((string)ended.Reason, (string)ended.ErrorId, (string)ended.Environment));
        Assert.Null(ended.StartedAt);
        await _lab.AssertNothingLeftAsync(job.Id);
    }

    [Fact]
    public async Task A_full_or_unsafe_directory_is_a_warning_that_names_it_and_the_job_stops()
    {
        (await RunningProcess.RunAsync("mount", ["-t", "tmpfs", "-o", "size=4k,mode=755", "records", Records])).EndedWith(0);
        try
        {
            await using var job = new LabJob(_shell, _lab, "full");
            await File.WriteAllBytesAsync(Path.Combine(Records, "full"), new byte[4096]);
            Start(job, "tiny").Succeeded();
            Assert.Contains($"The directory of records {Records} cannot be written to", WarningOf(Stop(job)), StringComparison.Ordinal);
            await _lab.AssertNothingLeftAsync(job.Id);
            Assert.Equal(["full"], Directory.EnumerateFileSystemEntries(Records).Select(Path.GetFileName));

            await using var unsafely = new LabJob(_shell, _lab, "unsafe");
            File.SetUnixFileMode(Records, (UnixFileMode)0b111_111_111);
            Start(unsafely, "tiny").Succeeded();
            Assert.Contains($"The directory of records {Records} is not safe", WarningOf(Stop(unsafely)), StringComparison.Ordinal);
        }
        finally
        {
            (await RunningProcess.RunAsync("umount", [Records])).EndedWith(0);
        }
    }

    [Fact]
    public async Task Slurm_is_asked_how_its_job_ended_where_that_is_wanted()
    {
        await using var batch = await SlurmJob.SubmitAsync(_lab, "--ntasks=4", "--nodes=2");
        await batch.EnvironmentAsync();
        var started = _shell.Run(
            "param($Id, $Site) Get-HpcAllocation -JobId $Id | Start-HpcJob -Environment tiny -Site $Site", new { batch.Id, Site = _site });
        started.Succeeded();
        await batch.DisposeAsync();
        _shell.Run("param($Id, $Site) Stop-HpcJob $Id -AskBatchSystem -GraceSec 0 -Site $Site", new { batch.Id, Site = _site }).Succeeded();
        dynamic ended = _shell.Run("param($Id, $Site) Get-HpcJob $Id -Ended -Site $Site", new { batch.Id, Site = _site }).Single();
        Assert.Equal(("Cancelled", "CANCELLED", 0), ((string)ended.Reason, (string)ended.BatchState, (int)ended.RestartCount));
        await _lab.AssertNothingLeftAsync(batch.Id);
    }

    [Fact]
    public async Task A_start_to_which_Slurm_tells_no_memory_goes_on_and_its_record_says_what_it_went_without()
    {
        await using var job = new LabJob(_shell, _lab, "untold");
        var told = new Dictionary<string, string?>
        {
            ["SLURM_JOB_ID"] = job.Id,
            ["SLURM_JOB_NODELIST"] = "o2wn[01-02]",
            ["SLURM_JOB_CPUS_PER_NODE"] = "1(x2)",
            ["SLURM_JOB_UID"] = "4001",
        };
        var started = await RunningProcess.RunAsync(Repository.Hook, ["start", "-Environment", "tiny", "-Site", _site], told);
        var words = $"Memory of job {job.Id} is not limited to what it was granted, which is not known: Slurm knows no job {job.Id}";
        Assert.Contains(words, started.EndedWith(0).Error, StringComparison.Ordinal);
        Stop(job).Succeeded();
        dynamic ended = Assert.Single(Ended(job));
        Assert.StartsWith(words, Assert.Single((IEnumerable<string>)ended.Remarks), StringComparison.Ordinal);
        Assert.All(
            (IEnumerable<dynamic>)ended.Nodes,
            node => Assert.Equal((1.0, null, "Own"), ((double)node.CpuLimit, (long?)node.MemoryLimitBytes, (string)node.Placement)));
    }

    [Fact]
    public async Task A_sweep_writes_down_what_the_batch_system_says_of_a_job_that_no_epilog_stopped()
    {
        await using var batch = await GrantedJob.StartAsync(_lab, "--nodes=2", "--ntasks=2");
        await batch.EndAsync();
        (await RunningProcess.RunAsync(Repository.Hook, ["sweep", batch.Id, "-EndedForSec", "0", "-Site", _site])).EndedWith(0);
        dynamic ended = _shell.Run("param($Id, $Site) Get-HpcJob $Id -Ended -Site $Site", new { batch.Id, Site = _site }).Single();
        Assert.Equal(("Cancelled", "CANCELLED", "pisahpc-hook sweep"),
            ((string)ended.Reason, (string)ended.BatchState, (string)ended.EndedByProgram));
        Assert.Contains("; swept as an orphan: Slurm: CANCELLED since ", (string)ended.Message, StringComparison.Ordinal);
        Assert.All((IEnumerable<dynamic>)ended.Nodes, node => Assert.True(node.MemoryPeakBytes > 0));
        await _lab.AssertNothingLeftAsync(batch.Id);
    }

    [Fact]
    public async Task A_prompt_shows_them_as_a_table_and_completes_reasons()
    {
        await using var job = new LabJob(_shell, _lab, "shown");
        Start(job, "tiny").Succeeded();
        Stop(job).Succeeded();
        var shown = await Pwsh.RunAsync(
            "-Command",
            $"Import-Module '{Repository.Manifest}'; Get-HpcJob -Ended -Reason Stopped -Site '{_site}' | Out-String -Width 120; "
            + "$line = 'Get-HpcJob -Ended -Reason Time'; (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText");
        Assert.Matches(
            @"JobId +Owner +Reason +Began +Took Nodes[\s\S]*"
            + $@"{job.Id[..11]}\S* +hpcuser +Stopped +[\d-]+ [\d:]+ +\d+s o2wn\[01-02\]",
            shown.EndedWith(0).Output);
        Assert.EndsWith("TimeLimit", shown.Output.TrimEnd(), StringComparison.Ordinal);
    }

    private RunResult Start(LabJob job, string environment) =>
        job.Run($"$allocation | Start-HpcJob -Environment {environment} -Site '{_site}'");

    private RunResult Stop(LabJob job) => job.Run($"Stop-HpcJob $JobId -GraceSec 0 -Site '{_site}'");

    private static string WarningOf(RunResult run) => Assert.Single(run.Succeeded().Warnings);

    private IReadOnlyList<dynamic> Ended(LabJob job)
    {
        var run = job.Run($"Get-HpcJob -JobId \"$JobId*\" -Ended -Site '{_site}'").Succeeded();
        Assert.Empty(run.Warnings);
        return run.Objects;
    }

    private Task<ProcessResult> HookAsync(LabJob job, string[] arguments, params (string Name, string Value)[] told) =>
        RunningProcess.RunAsync(
            Repository.Hook,
            [.. arguments, "-Site", _site],
            new Dictionary<string, string?>(told.Select(variable => KeyValuePair.Create(variable.Name, (string?)variable.Value)))
            {
                ["LSB_JOBID"] = job.Id,
                ["LSB_QUEUE"] = "hpc",
                ["LSFUSER"] = "hpcuser",
                ["LSB_MCPU_HOSTS"] = "o2wn01 32 o2wn02 24",
            });
}
