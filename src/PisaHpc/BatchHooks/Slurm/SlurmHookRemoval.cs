using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// Takes Slurm's hooks away, in the reverse of the order in which they came: what calls them first, and of that what begins a job. While a
/// job is left that may need its epilog the rest stays; files go when Slurm has read its configuration again. Later calls go on.
/// </summary>
internal sealed class SlurmHookRemoval : IHookRemoval
{
    private readonly HpcSite _site;
    private readonly SlurmHooks _hooks;
    private readonly IReadOnlyList<string> _lua;
    private readonly IReadOnlyList<QueuedJob> _jobs;
    private readonly IReadOnlyList<TextChange> _texts;
    private readonly IReadOnlyList<(string File, string Pattern)> _prologs;
    private readonly IReadOnlyList<(string File, string Pattern)> _epilogs;

    private SlurmHookRemoval(HpcSite site, SlurmHooks hooks, IReadOnlyList<string> lua)
    {
        (_site, _hooks, _lua) = (site, hooks, lua);
        _jobs = hooks.JobsOfOurs(site);
        _prologs = BesideTheSites(ScriptHook.Prolog);
        _epilogs = BesideTheSites(ScriptHook.Epilog);

        // slurmd calls the epilog that it has read last, also for jobs that began before.
        var mayHaveJobs = _jobs.Count > 0 || hooks.Controller.Refusal is not null;
        _texts = hooks.ConfigurationChanges(mayHaveJobs
            ? [.. hooks.Standing.Files.Select(file => file with { Text = MarkedLines.TakenOut(file, StaysForJobs) })]
            : hooks.Site.Files);
        Waiting = _texts.Count > 0 ? "Slurm reads its configuration" : WaitsFor();
    }

    /// <summary>What has to happen before the files may go; null for nothing.</summary>
    private string? Waiting { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => _hooks.Nodes;

    /// <summary>Plans it.</summary>
    /// <param name="host">The host that controls Slurm.</param>
    /// <param name="file">The file that slurmctld reads; null asks it.</param>
    /// <exception cref="HpcException">As <see cref="SlurmHooks.ReadAsync"/> has it.</exception>
    public static async Task<SlurmHookRemoval> PlanAsync(
        INodeConnection host, HpcSite site, string? file, CancellationToken cancellationToken)
    {
        var hooks = await SlurmHooks.ReadAsync(host, file, cancellationToken);
        return new SlurmHookRemoval(
            site, hooks, await StandingAsync(new HostFiles(host), [hooks.LuaFile, hooks.NamesFile], cancellationToken));
    }

    /// <inheritdoc/>
    public HostChange OnController()
    {
        TextChange[] lua = [.. new[] { _hooks.JobSubmitLeft() }.Where(change => change.Changes)];
        return new HostChange
        {
            Host = _hooks.Controller.Host,
            System = Batch.Scheduler.Slurm,
            Role = HookRole.Controller,
            Texts = Waiting is null ? lua : _texts,
            Removes = Waiting is null ? [.. _lua.Select(Plain)] : [],
            Waiting = Waiting,
            TryAsync = SlurmHookInstall.TryLuaAsync,
            NextStep = Waiting is null
                ? "scontrol reconfigure" : "scontrol reconfigure; then this again, when jobs with containers have ended",
        };
    }

    /// <inheritdoc/>
    public async Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var files = new HostFiles(node);
        var waiting = Waiting ?? await HookRuns.WaitingAsync(node, _site, "slurm", "epilog", cancellationToken);
        var beside = waiting is null ? _prologs.Concat(_epilogs) : _prologs;
        var standing = await StandingAsync(files, beside.Select(file => file.File), cancellationToken);
        var own = waiting is null ? await StandingAsync(files, await OwnAsync(files, cancellationToken), cancellationToken) : [];
        return new HostChange
        {
            Host = node.Node,
            System = Batch.Scheduler.Slurm,
            Role = HookRole.Node,
            Removes =
            [
                .. beside.Where(file => standing.Contains(file.File)).Select(file => (file.File, (string?)file.Pattern)),
                .. own.Select(Plain),
            ],
            Waiting = waiting,
        };
    }

    private static (string File, string? Pattern) Plain(string file) => (file, null);

    private static async Task<IEnumerable<string>> OwnAsync(HostFiles files, CancellationToken cancellationToken) =>
    [
        .. ChainFiles(), .. HookFiles.Scripts.Reverse().Select(script => $"{HookPlace.Directory}/{script}"), HookFiles.Settings,
        .. await HookPlace.SharedLeftBy("slurm", files, cancellationToken),
    ];

    private static async Task<IReadOnlyList<string>> StandingAsync(
        HostFiles files, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        var standing = await files.LookAsync([.. paths], cancellationToken);
        return [.. standing.Where(file => file.Value is not null).Select(file => file.Key)];
    }

    private static bool StaysForJobs(string key) => key.ToUpperInvariant() is not ("PROLOG" or "JOBSUBMITPLUGINS");

    private static IEnumerable<string> ChainFiles() =>
        from hook in new[] { ScriptHook.Prolog, ScriptHook.Epilog }
        from file in hook.ChainFiles("/")
        select file.Path;

    private IReadOnlyList<(string File, string Pattern)> BesideTheSites(ScriptHook hook)
    {
        var (join, files) = hook.Join(new SlurmConfEdit(_hooks.Site), _hooks.Site, takesSeveral: true);
        return join == ScriptJoin.Directory ? [(files[0].Path, _hooks.Site.Find(hook.Key)!.Value)] : [];
    }

    private string? WaitsFor()
    {
        var controller = _hooks.Controller;
        if (controller.Refusal is not null)
        {
            controller.RequireItControls();
        }

        return Unread(controller, key => !StaysForJobs(key))
            ?? (_jobs.Count == 0 ? Unread(controller, _ => true)
                : $"{Plural.Of(_jobs.Count, "job")} ended ({string.Join(", ", _jobs.Take(10).Select(job => job.Id))})");
    }

    /// <summary>What slurmctld still runs with, though its file has it not.</summary>
    private static string? Unread(SlurmController controller, Func<string, bool> isMeant) =>
        controller.Running.FirstOrDefault(setting => isMeant(setting.Key.Split('[')[0])
            && setting.Value.Contains(HookPlace.Directory + "/", StringComparison.Ordinal)) is { Key: not null } active
            ? $"Slurm reads its configuration again (it runs with {active.Key}={active.Value})"
            : null;
}
