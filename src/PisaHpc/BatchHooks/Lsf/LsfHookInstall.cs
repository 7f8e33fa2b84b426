using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>
/// Puts LSF's hooks in place: first the files on every node and as whom LSF runs them, then the esub with its words, and the application
/// profiles last. So LSF never meets a name without its file, however this ends.
/// </summary>
internal sealed class LsfHookInstall : IHookInstall
{
    private readonly LsfHooks _hooks;
    private readonly TextChange _applications;
    private readonly IReadOnlyList<HookFile> _files;
    private readonly bool _isForced;

    private LsfHookInstall(LsfHooks hooks, TextChange applications, IReadOnlyList<HookFile> files, bool isForced) =>
        (_hooks, _applications, _files, _isForced) = (hooks, applications, files, isForced);

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => _hooks.Nodes;

    /// <inheritdoc/>
    public string WithoutHooks => "A job whose pre-execution is missing goes back into the queue.";

    /// <summary>Plans it.</summary>
    /// <param name="host">A management host.</param>
    /// <param name="warn">Told of environments that LSF cannot have.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: what stands there leaves no way; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public static async Task<LsfHookInstall> PlanAsync(
        INodeConnection host, LsfHookRequest request, Action<string> warn, CancellationToken cancellationToken)
    {
        var hooks = await LsfHooks.ReadAsync(host, request, cancellationToken);
        hooks.RequireOwnNames();
        if (LsfProfile.NamesWithoutWord(request.Site) is { Count: > 0 } names)
        {
            warn($"No word for {string.Join(", ", names)}: LSF's esubs are called by letters, digits, '_' and '-'. An alias would be one.");
        }

        return new LsfHookInstall(
            hooks, hooks.ApplicationsJoined(request.Deadline), [.. request.Programs, .. LsfHooks.OfNodes(request.Site, request.Deadline)],
            request.IsForced);
    }

    /// <inheritdoc/>
    public async Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        await HookPlace.RequireProgramsAsync(node, _files, cancellationToken);
        var sudoers = (await LsfSudoers.ReadAsync(node, cancellationToken))
            .Joined(node.Node, _hooks.Controller.Executions, _isForced);
        return new HostChange
        {
            Host = node.Node,
            System = Batch.Scheduler.Lsf,
            Role = HookRole.Node,
            Puts = await new HostFiles(node).DifferentAsync(_files, cancellationToken),
            Texts = sudoers.Changes ? [sudoers] : [],
            NextStep = $"badmin hrestart {node.Node}",
        };
    }

    /// <inheritdoc/>
    public async Task<HostChange?> OnControllerAsync(INodeConnection host, CancellationToken cancellationToken)
    {
        var wanted = _hooks.Links;
        return new HostChange
        {
            Host = _hooks.Controller.Host,
            System = Batch.Scheduler.Lsf,
            Role = HookRole.Controller,
            Puts = await new HostFiles(host).DifferentAsync([_hooks.Words, _hooks.Esub], cancellationToken),
            Links = [.. wanted.Where(link => _hooks.EsubLinks.GetValueOrDefault(link.Path) != link.Target)],
            Texts = _applications.Changes ? [_applications] : [],
            Removes = [.. _hooks.OwnLinks.Except(wanted.Select(link => link.Path)).Select(link => (link, (string?)null))],
            NextStep = "badmin reconfig; where a node's lsf.sudoers was changed before, badmin hrestart all",
        };
    }
}
