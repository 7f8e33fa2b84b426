using PisaHpc.HostLists;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>
/// Takes HTCondor's hooks away, in the reverse of the order in which they came: first the lines that call them; the files when no starter
/// is left that knows of them, and no run, since a starter whose exit hook is missing never ends. Later calls go on. A node whose HTCondor
/// is gone still says where the lines are: what was put there says it.
/// </summary>
internal sealed class HTCondorHookRemoval(HTCondorHookRequest request) : IHookRemoval
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => HostList.Expand(request.Site.Nodes.Names);

    /// <inheritdoc/>
    public HostChange? OnController() => null;

    /// <inheritdoc/>
    public async Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var condor = await HTCondorNode.ReadAsync(node, request.Programs, cancellationToken);
        var change = new HostChange
        {
            Host = node.Node,
            System = Batch.Scheduler.HTCondor,
            Role = HookRole.Node,
            NextStep = "condor_reconfig; then this again",
        };
        var file = await HTCondorLines.FindAsync(node, condor, cancellationToken);
        if (file is not null && MarkedBlock.Left(file) is { Changes: true } lines)
        {
            return change with { Texts = [lines] };
        }

        var waiting = condor.WrapperOfSite is { } wrapper ? $"{wrapper} no longer calls {HTCondorLines.Wrapper}"
            : condor.OldStarters > 0 ? $"{Plural.Of(condor.OldStarters, "starter")} of before the hooks were taken out ended"
            : await HookRuns.WaitingAsync(node, request.Site, HTCondorHooks.System, "exit hook", cancellationToken);
        return waiting is not null ? change with { Waiting = waiting } : await FilesAsync(change, node, condor, cancellationToken);
    }

    private async Task<HostChange> FilesAsync(
        HostChange change, INodeConnection node, HTCondorNode condor, CancellationToken cancellationToken)
    {
        var files = new HostFiles(node);
        var sudoers = MarkedBlock.Left(
            await files.ReadTextAsync(HTCondorSudoers.File, HTCondorSudoers.Mode, cancellationToken));
        var shared = await HookPlace.SharedLeftBy(HTCondorHooks.System, files, cancellationToken);
        var own = HTCondorHooks.OfNode(request.Site, TimeSpan.Zero, condor).Select(file => file.Path)
            .Except([HookPlace.Shared.Path]).Reverse();
        // The link goes before what it leads to.
        own = own.Prepend(HTCondorLines.Wrapper);
        var standing = await files.LookAsync([.. own, .. shared], cancellationToken);
        return change with
        {
            Texts = sudoers.Changes ? [sudoers] : [],
            Removes = [.. standing.Where(file => file.Value is not null).Select(file => (file.Key, (string?)null))],
            NextStep = null,
        };
    }
}
