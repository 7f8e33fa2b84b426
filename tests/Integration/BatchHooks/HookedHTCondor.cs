using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>
/// An HTCondor that is none (lab/lib/htcondor-stand-in.sh), whose jobs run on the lab's second node, with the hooks on both, put there by
/// the cmdlet and taken away by it.
/// </summary>
public sealed class HookedHTCondor : IAsyncLifetime, IDisposable
{
    private const int DeadlineSec = 20;
    private const string Sudoers = "/etc/sudoers.d/pisahpc-htcondor";

    private readonly HostedRunspace _shell = new();
    private HookedSite? _site;
    private bool _isAlone;

    /// <summary>The lab.</summary>
    public LabFixture Lab { get; } = new();

    /// <summary>Where its files are.</summary>
    public string Top => Path.Combine(Lab.State.Shared, "htcondor");

    /// <summary>The file of its configuration that is ours.</summary>
    public string Lines => $"{Top}/config.d/90-pisahpc.conf";

    private string Site => Path.Combine(Lab.State.Shared, "htcondor-site.yaml");

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await Lab.InitializeAsync();
        _isAlone = !Directory.Exists("/usr/lib/pisahpc");
        Assert.False(File.Exists(Sudoers), $"{Sudoers} is there already.");
        (await StandInAsync("up")).EndedWith(0);
        _site = new HookedSite(LabSite.Of(Lab).With("batch: { system: htcondor, schedulers: sched01@lab }"), Site);
        Install().Succeeded();
        (await StandInAsync("condor_reconfig")).EndedWith(0);
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        Uninstall().Succeeded();
        Assert.False(File.Exists(Lines), $"{Lines} is left.");
        (await StandInAsync("condor_reconfig")).EndedWith(0);
        Uninstall().Succeeded();
        Assert.False(File.Exists(Sudoers), $"{Sudoers} is left.");
        Assert.True(!_isAlone || !Directory.Exists("/usr/lib/pisahpc"), "Hooks are left in /usr/lib/pisahpc.");
        (await OnNodeAsync("rm", "-rf", "/tmp/pisahpc-execute")).EndedWith(0);
        Directory.Delete(Top, recursive: true);
    }

    public void Dispose()
    {
        _shell.Dispose();
        _site?.Dispose();
    }

    /// <summary>Installs the hooks.</summary>
    public RunResult Install(string more = "") => Run("Install", $"-ProgramPath $Programs -DeadlineSec $Deadline {more}");

    /// <summary>Takes them away.</summary>
    public RunResult Uninstall(string more = "") => Run("Uninstall", more);

    /// <summary>The same where a node has lost its HTCondor.</summary>
    public RunResult UninstallWithoutHTCondor(string more) => Run("Uninstall", more, bin: "/nonexistent");

    /// <summary>Looks them over.</summary>
    public RunResult Test(string more = "") => Run("Test", more);

    /// <summary>Runs a script that asks HTCondor for a job, to which <c>$Id</c> and <c>$Site</c> are its and the site's.</summary>
    public RunResult Ask(string id, string script) => _shell.Run(
        $$"""
        param($Bin, $Id, $Site) $path = $env:PATH; $env:PATH = "${Bin}:$path"
        try { {{script}} } finally { $env:PATH = $path }
        """,
        new { Bin = $"{Top}/bin", Id = $"{id}.sched01_lab", Site });

    /// <summary>Submits a job, whose script HTCondor transfers, and waits for its end.</summary>
    /// <param name="id">Its cluster and process.</param>
    /// <param name="attributes">What its ad has beside, by equals signs.</param>
    public async Task<HTCondorJob> SubmitAsync(string id, string[] attributes, string script, int exits = 1)
    {
        using var job = Begin(id, attributes, script, exits);
        return await EndAsync(id, job);
    }

    /// <summary>Submits a job.</summary>
    public RunningProcess Begin(string id, string[] attributes, string script, int exits = 1) => RunningProcess.Start(
        "env", [.. Settings, $"HTCONDOR_STAND_IN_EXITS={exits}", StandIn, Top, "submit", id, .. attributes], input: script);

    /// <summary>Waits for the end of a job.</summary>
    public async Task<HTCondorJob> EndAsync(string id, RunningProcess job)
    {
        var end = await job.EndAsync();
        return new HTCondorJob(end.ExitCode, await ReadAsync($"{Top}/out.{id}"), await ReadAsync($"{Top}/events.{id}"));
    }

    /// <summary>What a job that runs has said so far.</summary>
    public Task<string> OutputAsync(string id) => ReadAsync($"{Top}/out.{id}");

    /// <summary>Removes a job that runs.</summary>
    public async Task RemoveAsync(string id) => (await StandInAsync("rm", id)).EndedWith(0);

    /// <summary>Runs a command on the node of the jobs as root, outside of any job.</summary>
    public Task<ProcessResult> OnNodeAsync(params string[] command) =>
        RunningProcess.RunAsync(Path.Combine(Repository.Root, "lab", "lab.sh"), ["enter", Lab.Nodes[1].Name, .. command]);

    /// <summary>Fails when a container, a file, a lease, a record or a process of a job is found anywhere.</summary>
    /// <param name="sweeps">Whether no other job runs, so that a sweep leaves no record.</param>
    public async Task AssertNothingLeftAsync(string id, bool sweeps = true)
    {
        await Lab.AssertNothingLeftAsync($"{id}.sched01_lab");
        if (!sweeps)
        {
            return;
        }

        // That a run is over is known as long as its starter may be there.
        (await OnNodeAsync("/usr/lib/pisahpc/htcondor-root", "sweep")).EndedWith(0);
        var records = Lab.Nodes[1].PathOf("/run/pisahpc/.htcondor");
        Assert.Empty(Directory.Exists(records) ? Directory.EnumerateFiles(records) : []);
    }

    private string[] Settings =>
    [
        $"HTCONDOR_STAND_IN_ENTER={Path.Combine(Repository.Root, "lab", "lab.sh")} enter", $"HTCONDOR_STAND_IN_HOST={Lab.Nodes[1].Name}",
    ];

    private static string StandIn => Path.Combine(Repository.Root, "lab", "lib", "htcondor-stand-in.sh");

    private Task<ProcessResult> StandInAsync(params string[] arguments) =>
        RunningProcess.RunAsync("env", [.. Settings, StandIn, Top, .. arguments]);

    private RunResult Run(string verb, string more, string? bin = null) => _shell.Run(
        $"param($Site, $Bin, $Programs, $Deadline) {verb}-HpcBatchHook HTCondor -Site $Site -CondorBin $Bin {more}",
        new { Site, Bin = bin ?? $"{Top}/bin", _site!.Programs, Deadline = DeadlineSec });

    private static async Task<string> ReadAsync(string path) => File.Exists(path) ? await File.ReadAllTextAsync(path) : "";
}

/// <summary>A job that has ended.</summary>
/// <param name="ExitCode">
/// Its own, or that of the stand-in: 250 for a job on hold, 251 for one that is idle again, 252 for a removed one.
/// </param>
/// <param name="Output">What its user has of it; of one that was not started the reason.</param>
/// <param name="Events">What HTCondor called, a line each with its exit code.</param>
public sealed record HTCondorJob(int ExitCode, string Output, string Events);
