using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// Takes Slurm's hooks away, in the reverse of the order in which they came: what calls them first, and of that what begins a job. While a
/// job is left that may need its epilog the rest stays; files go when Slurm has read its configuration again. Later calls go on.
/// </summary>
internal sealed class SlurmHookRemoval
{
    private static readonly NodeScript Records = NodeScript.Of("BatchHooks/Slurm/slurm-records.sh");

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
    public string? Waiting { get; }

    /// <summary>The nodes that Slurm has.</summary>
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

    /// <summary>What goes from the controller now.</summary>
    public ControllerChange OnController()
    {
        TextChange[] lua = [.. new[] { _hooks.JobSubmitLeft() }.Where(change => change.Changes)];
        return new ControllerChange
        {
            Host = _hooks.Controller.Host,
            Texts = Waiting is null ? lua : _texts,
            Removes = Waiting is null ? _lua : [],
            NextStep = Waiting is null
                ? "scontrol reconfigure" : "scontrol reconfigure; then this again, when jobs with containers have ended",
        };
    }

    /// <summary>What goes from a node now, and why the rest stays.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public async Task<NodeRemoval> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var files = new HostFiles(node);
        var prologs = await StandingAsync(files, _prologs.Select(beside => beside.File), cancellationToken);
        if (Waiting is not null)
        {
            return new NodeRemoval([.. _prologs.Where(beside => prologs.Contains(beside.File))], [], Waiting);
        }

        var runs = await RunsAsync(node, cancellationToken);
        if (runs.Count > 0)
        {
            return new NodeRemoval(
                [.. _prologs.Where(beside => prologs.Contains(beside.File))], [], $"the epilog of {string.Join(", ", runs)} has run");
        }

        var epilogs = await StandingAsync(files, _epilogs.Select(beside => beside.File), cancellationToken);
        string[] own =
        [
            .. ChainFiles(), .. HookFiles.Scripts.Reverse().Select(script => $"{HookPlace.Directory}/{script}"), HookFiles.Settings,
            .. await HookPlace.SharedLeftBy("slurm", files, cancellationToken),
        ];
        return new NodeRemoval(
            [.. _prologs.Concat(_epilogs).Where(beside => prologs.Contains(beside.File) || epilogs.Contains(beside.File))],
            await StandingAsync(files, own, cancellationToken),
            Waiting: null);
    }

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

    /// <summary>Runs that the node remembers: their epilog has not taken them off.</summary>
    private async Task<IReadOnlyList<string>> RunsAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(node, Records, [_site.RunDirectory], cancellationToken);
        var lines = said.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Where(line => !line.Contains('\t', StringComparison.Ordinal))];
    }

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

/// <summary>What goes from a node.</summary>
/// <param name="Beside">Files among the site's own scripts, each with what matches them all.</param>
/// <param name="Files">Files of ours.</param>
/// <param name="Waiting">What has to happen before the rest may go; null for nothing.</param>
internal sealed record NodeRemoval(IReadOnlyList<(string File, string Pattern)> Beside, IReadOnlyList<string> Files, string? Waiting)
{
    /// <summary>What would be done.</summary>
    public HpcBatchHook Predict(string node) => new()
    {
        Node = node,
        System = nameof(Batch.Scheduler.Slurm),
        Role = nameof(HookRole.Node),
        Changed = Beside.Count + Files.Count > 0,
        Changes = [.. Beside.Select(file => file.File).Concat(Files).Select(file => $"{file}: remove it")],
        NextStep = Waiting is null ? null : $"run this again when {Waiting}",
    };

    /// <summary>Does it.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: the site's line would match nothing; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public async Task RunAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var files = new HostFiles(node);
        foreach (var (file, pattern) in Beside)
        {
            await files.RemoveAsync([file], pattern, cancellationToken);
        }

        if (Files.Count > 0)
        {
            await files.RemoveAsync(Files, pattern: null, cancellationToken);
        }
    }
}
