using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>
/// The lab's Slurm with the hooks in it, put there by the cmdlet and taken away by it; its slurm.conf is afterwards what it was.
/// </summary>
public sealed class HookedSlurm : IAsyncLifetime, IDisposable
{
    /// <summary>The seconds that a start may take: tests wait for one that never ends.</summary>
    public const int DeadlineSec = 20;

    /// <summary>The image of the environment "slow", of a registry that a test has to name.</summary>
    public const string SlowImage = "pisa/slow:1";

    private readonly DirectoryInfo _programs = Directory.CreateTempSubdirectory("pisahpc-programs-");
    private readonly HostedRunspace _shell = new();
    private readonly Func<HookedSlurm, Task> _prepare;
    private readonly Func<HookedSlurm, Task> _restore;
    private byte[] _before = [];
    private bool _isAlone;

    public HookedSlurm()
        : this(_ => Task.CompletedTask, _ => Task.CompletedTask)
    {
    }

    /// <param name="prepare">Makes the site what it is before the hooks come.</param>
    /// <param name="restore">Takes that back.</param>
    internal HookedSlurm(Func<HookedSlurm, Task> prepare, Func<HookedSlurm, Task> restore) => (_prepare, _restore) = (prepare, restore);

    /// <summary>The lab.</summary>
    public LabFixture Lab { get; } = new();

    /// <summary>slurm.conf.</summary>
    public string Configuration => Path.Combine(Path.GetDirectoryName(Lab.State.Site)!, "slurm", "etc", "slurm.conf");

    /// <summary>The site definition that the hooks read: without an environment of the partition's own, with some that fail.</summary>
    public string Site => Path.Combine(Lab.State.Shared, "hooked-site.yaml");

    private IEnumerable<string> NodeLogs =>
        Lab.Nodes.Select(node => Path.Combine(Path.GetDirectoryName(Lab.State.Site)!, "nodes", node.Name, "slurmd.log"));

    /// <summary>Where that site keeps its records.</summary>
    public string Records => Path.Combine(Lab.State.Shared, "hooked-records");

    /// <summary>What the cmdlets are called with.</summary>
    public object Parameters => new { Site, Programs = _programs.FullName, Deadline = DeadlineSec };

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await Lab.InitializeAsync();
        _isAlone = !Directory.Exists("/usr/lib/pisahpc");
        await _prepare(this);
        _before = await File.ReadAllBytesAsync(Configuration);
        WriteSite();
        File.Copy(Repository.Hook, Path.Combine(_programs.FullName, "pisahpc-hook"));
        File.Copy(Path.Combine(Path.GetDirectoryName(Repository.Hook)!, "pisahpc-agent"), Path.Combine(_programs.FullName, "pisahpc-agent"));
        try
        {
            Install().Succeeded();
            await ReconfigureAsync();
        }
        catch (Exception)
        {
            // A fixture that was not made is not taken down: the others' Slurm stays what it was.
            await File.WriteAllBytesAsync(Configuration, _before);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        // Those of tests that failed: they would hold the hooks, and all tests behind.
        (await RunningProcess.RunAsync("scancel", ["--user=hpcuser"])).EndedWith(0);
        Uninstall().Succeeded();
        await ReconfigureAsync();
        await NoJobsAsync();
        Uninstall().Succeeded();
        Assert.Equal(_before, await File.ReadAllBytesAsync(Configuration));
        Assert.True(!_isAlone || !Directory.Exists("/usr/lib/pisahpc"), "Hooks are left in /usr/lib/pisahpc.");
        File.Delete(Site);
        Directory.Delete(Records, recursive: true);
        foreach (var backup in Directory.EnumerateFiles(Path.GetDirectoryName(Configuration)!, "*.pisahpc-*"))
        {
            File.Delete(backup);
        }

        await _restore(this);
    }

    public void Dispose()
    {
        _shell.Dispose();
        _programs.Delete(recursive: true);
    }

    /// <summary>Writes the site definition, which the hooks read anew for each job.</summary>
    /// <param name="more">Lines of its own.</param>
    public void WriteSite(string more = "")
    {
        var never = Path.Combine(Lab.State.Shared, "never-listens");
        ProgramFile.Write(never, "#!/bin/sh\nexec sleep 1000\n");
        LabSite.Of(Lab).WithoutQueues().Recording(Records).With(more)
            .WithEnvironments(
                "missing: { image: pisa/none:1 }",
                "debian13-mpich: { image: pisa/hpc:deb13, mpi: mpich, limits: { shm: 1g } }",
                $"slow: {{ image: {SlowImage} }}",
                $"unready: {{ image: pisa/tiny:1, sshd: {never}, readyTimeout: 300s }}")
            .WriteTo(Site);
    }

    /// <summary>Installs the hooks.</summary>
    public RunResult Install(string more = "") => _shell.Run(
        "param($Site, $Programs, $Deadline) "
        + $"Install-HpcBatchHook Slurm -Site $Site -ProgramPath $Programs -DeadlineSec $Deadline {more}",
        Parameters);

    /// <summary>Takes them away.</summary>
    public RunResult Uninstall(string more = "") =>
        _shell.Run($"param($Site) Uninstall-HpcBatchHook Slurm -Site $Site {more}", new { Site });

    /// <summary>Looks them over.</summary>
    public RunResult Test(string more = "") => _shell.Run($"param($Site) Test-HpcBatchHook Slurm -Site $Site {more}", new { Site });

    /// <summary>The record of how a job ended.</summary>
    public dynamic Ended(string jobId) =>
        _shell.Run("param($Id, $Site) Get-HpcJob $Id -Ended -Site $Site", new { Id = jobId, Site }).Single();

    /// <summary>
    /// Has Slurm read its configuration, and waits until each node has read it and answers again: slurmctld is done before its nodes have
    /// heard of it, and a job that a node gets meanwhile has the hooks of before.
    /// </summary>
    public async Task ReconfigureAsync()
    {
        var before = NodeLogs.ToDictionary(log => log, ReadingsIn);
        (await RunningProcess.RunAsync("scontrol", ["reconfigure"])).EndedWith(0);
        await UntilAsync(
            "each slurmd has read it", () => Task.FromResult(before.All(earlier => ReadingsIn(earlier.Key) > earlier.Value)));
        await UntilAsync("all nodes answer", async () =>
            (await RunningProcess.RunAsync("sinfo", ["--noheader", "--Node", "--responding", "--states=idle,mixed,allocated", "--format=%N"]))
                .Lines.Count(line => line.Length > 0) >= 2);
    }

    /// <summary>Has a node get jobs again that was drained; nothing where it was not.</summary>
    public static async Task ResumeAsync(string node)
    {
        await RunningProcess.RunAsync("scontrol", ["update", $"NodeName={node}", "State=RESUME"]);
        await UntilAsync($"{node} gets jobs", async () => (await RunningProcess.RunAsync(
            "sinfo", ["--noheader", $"--nodes={node}", "--responding", "--states=idle", "--format=%T"])).Output.Trim() == "idle");
    }

    /// <summary>What Slurm says of each node: nobody drained one.</summary>
    public static async Task AssertNoNodeIsDrainedAsync()
    {
        var states = (await RunningProcess.RunAsync("sinfo", ["--noheader", "--Node", "--format=%N %T %E"])).EndedWith(0).Lines;
        Assert.All(states, state => Assert.EndsWith(" none", state, StringComparison.Ordinal));
    }

    /// <summary>How often a slurmd has read its configuration: it says this behind each time, where nobody sets the CPUs' frequency.</summary>
    private static int ReadingsIn(string log) =>
        File.ReadLines(log).Count(line => line.EndsWith("CPU frequency setting not configured for this node", StringComparison.Ordinal));

    /// <summary>Waits for a condition.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> holds, int seconds = 120)
    {
        var patience = DateTime.UtcNow.AddSeconds(seconds);
        while (!await holds())
        {
            Assert.True(DateTime.UtcNow < patience, $"Not in time: {what}.");
            await Task.Delay(100);
        }
    }

    /// <summary>Waits until Slurm has no job.</summary>
    public static Task NoJobsAsync() => UntilAsync(
        "no job is left", async () => (await RunningProcess.RunAsync("squeue", ["--noheader"])).EndedWith(0).Output.Trim().Length == 0);
}
