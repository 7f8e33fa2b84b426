using PisaHpc.Integration.Harness;

namespace PisaHpc.Integration.BatchHooks;

/// <summary>
/// An LSF that is none (lab/lib/lsf-stand-in.sh), over two of the lab's nodes, with the hooks in it, put there by the cmdlet and taken away
/// by it; its files are afterwards what they were.
/// </summary>
public sealed class HookedLsf : IAsyncLifetime, IDisposable
{
    private const int DeadlineSec = 20;
    private const string Sudoers = "/etc/lsf.sudoers";

    private readonly HostedRunspace _shell = new();
    private HookedSite? _site;
    private byte[] _before = [];
    private bool _isAlone;

    /// <summary>The lab.</summary>
    public LabFixture Lab { get; } = new();

    /// <summary>LSF_TOP.</summary>
    public string Top => Path.Combine(Lab.State.Shared, "lsf");

    /// <summary>lsb.applications.</summary>
    public string Applications => $"{Top}/conf/lsbatch/stand-in/configdir/lsb.applications";

    /// <summary>The site definition that the hooks read, with an environment that has no image.</summary>
    public string Site => Path.Combine(Lab.State.Shared, "lsf-site.yaml");

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await Lab.InitializeAsync();
        _isAlone = !Directory.Exists("/usr/lib/pisahpc");
        Assert.False(File.Exists(Sudoers), $"{Sudoers} is there already.");
        (await StandInAsync("up")).EndedWith(0);
        _before = await File.ReadAllBytesAsync(Applications);
        var lsf = $"batch: {{ system: lsf, cluster: stand-in, profile: {Top}/conf/profile.lsf }}";
        _site = new HookedSite(LabSite.Of(Lab).With(lsf), Site);
        Install().Succeeded();
        (await StandInAsync("badmin", "reconfig")).EndedWith(0);
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        Uninstall().Succeeded();
        (await StandInAsync("badmin", "reconfig")).EndedWith(0);
        Uninstall().Succeeded();
        Assert.Equal(_before, await File.ReadAllBytesAsync(Applications));
        Assert.Empty(Directory.Exists($"{Top}/etc") ? Directory.EnumerateFileSystemEntries($"{Top}/etc") : []);
        Assert.False(File.Exists(Sudoers), $"{Sudoers} is left.");
        Assert.True(!_isAlone || !Directory.Exists("/usr/lib/pisahpc"), "Hooks are left in /usr/lib/pisahpc.");
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

    /// <summary>Looks them over.</summary>
    public RunResult Test(string more = "") => Run("Test", more);

    /// <summary>Submits a job and waits for its end.</summary>
    /// <param name="id">Its number, with its index where it is an element of an array.</param>
    /// <param name="command">Its command; null for a script on standard input.</param>
    /// <param name="runs">How often it runs, by requeues.</param>
    /// <param name="hasPost">Whether its post-executions run; they do not where a host's sbatchd died.</param>
    public async Task<LsfJob> SubmitAsync(
        string id, string[] options, string? command, int runs = 1, string script = "", bool hasPost = true)
    {
        string[] words = command is null ? options : [.. options, command];
        var end = await StandInAsync(["bsub", id, .. words], runs, script, hasPost);
        var name = id.Contains('[', StringComparison.Ordinal) ? id.Replace('[', '.').TrimEnd(']') : id + ".0";
        return new LsfJob(end, await ReadAsync($"{Top}/out.{name}"), await ReadAsync($"{Top}/events.{name}"));
    }

    /// <summary>LSF forgets a job, as it does some time after its end.</summary>
    public async Task ForgetAsync(string id) => (await StandInAsync("forget", id)).EndedWith(0);

    /// <summary>LSF runs the post-executions of a job for which none ran.</summary>
    public async Task RunPostAsync(string id) => (await StandInAsync("post", id)).EndedWith(0);

    /// <summary>Does something while LSF is down: it answers when it is over.</summary>
    public async Task WithoutLsfAsync(Func<Task> work)
    {
        var down = $"{Top}/down";
        (await RunningProcess.RunAsync("mkfifo", [down])).EndedWith(0);
        try
        {
            await work();
        }
        finally
        {
            // Nobody may wait there any more, and a writer alone would.
            await using (new FileStream(down, FileMode.Open, FileAccess.ReadWrite))
            {
                File.Delete(down);
            }
        }
    }

    /// <summary>Sweeps the site's nodes for a job, as the timer's unit does for all.</summary>
    public Task<ProcessResult> SweepAsync(params string[] options) =>
        RunningProcess.RunAsync(Repository.Hook, ["sweep", "-Site", Site, "-EndedForSec", "0", .. options]);

    /// <summary>Runs a command with the site definition of the hooks.</summary>
    /// <param name="command">It is to use <c>-Site $Site</c> and <c>$Id</c>.</param>
    public RunResult Ask(string command, string id) => _shell.Run($"param($Site, $Id) {command}", new { Site, Id = id });

    /// <summary>Fails when a container, a file, a lease, a record or a process of a job is found anywhere.</summary>
    public async Task AssertNothingLeftAsync(string id)
    {
        await Lab.AssertNothingLeftAsync(id);
        foreach (var node in Lab.Nodes)
        {
            var records = node.PathOf("/run/pisahpc/.lsf");
            Assert.Empty(Directory.Exists(records) ? Directory.EnumerateFiles(records, id.Split('[')[0] + ".*") : []);
        }
    }

    private Task<ProcessResult> StandInAsync(params string[] arguments) => StandInAsync(arguments, runs: 1, script: "", hasPost: true);

    private Task<ProcessResult> StandInAsync(string[] arguments, int runs, string script, bool hasPost) => RunningProcess.RunAsync(
        "env",
        [
            $"LSF_STAND_IN_ENTER={Path.Combine(Repository.Root, "lab", "lab.sh")} enter", $"LSF_STAND_IN_RUNS={runs}",
            $"LSF_STAND_IN_POST={(hasPost ? "" : "never")}",
            Path.Combine(Repository.Root, "lab", "lib", "lsf-stand-in.sh"), Top, .. arguments,
        ],
        input: script);

    private RunResult Run(string verb, string more) => _shell.Run(
        $"param($Site, $Conf, $Programs, $Deadline) {verb}-HpcBatchHook Lsf -Site $Site -LsfConf $Conf {more}",
        new { Site, Conf = $"{Top}/conf/lsf.conf", Programs = _site!.Programs, Deadline = DeadlineSec });

    private static async Task<string> ReadAsync(string path) => File.Exists(path) ? await File.ReadAllTextAsync(path) : "";
}

/// <summary>A job that has ended.</summary>
/// <param name="Submission">How bsub ended: with the job's exit code.</param>
/// <param name="Output">What its user has of it.</param>
/// <param name="Events">What LSF called, a line each with its exit code.</param>
public sealed record LsfJob(ProcessResult Submission, string Output, string Events);
