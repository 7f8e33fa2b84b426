using PisaHpc.HostLists;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>
/// Puts HTCondor's hooks in place, all of it on each node: the files first, then by whom root may be asked, and the lines that call them
/// last. So HTCondor never meets a name without its file, however this ends.
/// </summary>
internal sealed class HTCondorHookInstall(HTCondorHookRequest request) : IHookInstall
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => HostList.Expand(request.Site.Nodes.Names);

    /// <inheritdoc/>
    public string WithoutHooks => "A job that asks for an environment runs on such a node as if it had not: requirements = HasPisaHpc.";

    /// <inheritdoc/>
    public async Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var condor = await HTCondorNode.ReadAsync(node, request.Programs, cancellationToken);
        var files = new HostFiles(node);
        var lines = HTCondorLines.Joined(
            condor, await HTCondorLines.ReadAsync(node, condor, cancellationToken), request.Deadline, request.IsForced);
        var sudoers = HTCondorSudoers.Joined(
            condor, await files.ReadTextAsync(HTCondorSudoers.File, HTCondorSudoers.Mode, cancellationToken));
        IReadOnlyList<HookFile> own = [.. request.Brought, .. HTCondorHooks.OfNode(request.Site, request.Deadline, condor)];
        await HookPlace.RequireProgramsAsync(node, own, cancellationToken);
        return new HostChange
        {
            Host = node.Node,
            System = Batch.Scheduler.HTCondor,
            Role = HookRole.Node,
            Puts = await files.DifferentAsync(own, cancellationToken),
            Links = condor["wrapper"] == HTCondorHooks.Wrapper.Target ? [] : [HTCondorHooks.Wrapper],
            Texts = [.. new[] { sudoers, lines }.Where(text => text.Changes)],
            TryAsync = HTCondorSudoers.TryAsync,
            NextStep = "condor_reconfig",
        };
    }

    /// <inheritdoc/>
    public Task<HostChange?> OnControllerAsync(INodeConnection host, CancellationToken cancellationToken) =>
        Task.FromResult<HostChange?>(null);
}
