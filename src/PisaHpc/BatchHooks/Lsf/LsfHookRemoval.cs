using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>
/// Takes LSF's hooks away, in the reverse of the order in which they came: first the words by which users ask, then, when no job is left
/// in a profile of ours, the profiles; files go when LSF has read that and no other line calls them. Later calls go on.
/// </summary>
internal sealed class LsfHookRemoval : IHookRemoval
{
    private readonly LsfHooks _hooks;
    private readonly TextChange _applications;
    private readonly IReadOnlyList<string> _ownFiles;
    private readonly string? _waiting;

    private LsfHookRemoval(LsfHooks hooks, IReadOnlyList<string> ownFiles, bool asksLsf)
    {
        (_hooks, _ownFiles) = (hooks, ownFiles);
        _applications = hooks.ApplicationsLeft();
        _waiting = asksLsf && hooks.Jobs is > 0 and var jobs ? $"{Plural.Of(jobs, "job")} ended in profiles of PisaHpc"
            : _applications.Changes || (asksLsf && hooks.AreRead) ? "LSF has read its configuration again: badmin reconfig"
            : CallsOfOurs is { Count: > 0 } calls ? $"{LsfCall.PlacesOf(calls)}, which still call {HookPlace.Directory}/, are taken out"
            : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => _hooks.Nodes;

    /// <summary>What would fail for ever without the files, and somebody has written.</summary>
    private IReadOnlyList<LsfCall> CallsOfOurs => _hooks.Controller.CallsOfOurs;

    private bool HasJobs => _hooks.Jobs > 0;

    /// <summary>Plans it.</summary>
    /// <param name="host">A management host.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchSystemFailed"/>: LSF does not say which profiles have jobs, and no file was named for an LSF that does not
    /// run; <see cref="ErrorId.BatchConfigurationInvalid"/>; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public static async Task<LsfHookRemoval> PlanAsync(INodeConnection host, LsfHookRequest request, CancellationToken cancellationToken)
    {
        var hooks = await LsfHooks.ReadAsync(host, request, cancellationToken);
        var isNamed = request.ConfigurationFile is not null;
        if (hooks.Controller.Profiles is null && !isNamed)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"LSF was asked on {hooks.Controller.Host} for the jobs of its profiles and did not answer: {hooks.Controller.Refusal}",
                hooks.Controller.Host,
                "Run it where bapp answers: -Controller; or name the lsf.conf of an LSF that does not run: -LsfConf.");
        }

        var isOurs = hooks.EsubText?.Contains("for PisaHpc", StringComparison.Ordinal) == true;
        var standing = await new HostFiles(host).LookAsync([hooks.Words.Path], cancellationToken);
        return new LsfHookRemoval(
            hooks,
            [
                .. hooks.OwnLinks, .. isOurs ? [hooks.Esub.Path] : Array.Empty<string>(),
                .. standing.Where(file => file.Value is not null).Select(file => file.Key),
            ],
            asksLsf: hooks.Controller.Profiles is not null);
    }

    /// <inheritdoc/>
    public HostChange OnController() => new()
    {
        Host = _hooks.Controller.Host,
        System = Batch.Scheduler.Lsf,
        Role = HookRole.Controller,
        Texts = _applications.Changes && !HasJobs ? [_applications] : [],
        Removes = [.. _ownFiles.Select(file => (file, (string?)null))],
        NextStep = (CallsOfOurs.Count == 0 ? ""
            : $"take out {LsfCall.PlacesOf(CallsOfOurs)}, which still call {HookPlace.Directory}/; ") + "badmin reconfig; then this again",
        Waiting = _waiting,
    };

    /// <inheritdoc/>
    public async Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var files = new HostFiles(node);
        var waiting = _waiting ?? await HookRuns.WaitingAsync(node, _hooks.Site, LsfHooks.System, "post-execution", cancellationToken);
        var change = new HostChange
        {
            Host = node.Node,
            System = Batch.Scheduler.Lsf,
            Role = HookRole.Node,
            Waiting = waiting,
        };
        if (waiting is not null)
        {
            return change;
        }

        var sudoers = (await LsfSudoers.ReadAsync(node, cancellationToken)).Left();
        var shared = await HookPlace.SharedLeftBy(LsfHooks.System, files, cancellationToken);
        var own = LsfHooks.OfNodes(_hooks.Site, TimeSpan.Zero).Select(file => file.Path).Except([HookPlace.Shared.Path]).Reverse();
        var standing = await files.LookAsync([.. own, .. shared], cancellationToken);
        return change with
        {
            Texts = sudoers.Changes ? [sudoers] : [],
            Removes = [.. standing.Where(file => file.Value is not null).Select(file => (file.Key, (string?)null))],
            NextStep = $"badmin hrestart {node.Node}",
        };
    }
}
