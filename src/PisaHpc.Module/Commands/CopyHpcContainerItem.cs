using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Containers.Items;
using PisaHpc.Engines;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>Copies files and directories into containers, or with -FromContainer out of them.</summary>
[Cmdlet(VerbsCommon.Copy, "HpcContainerItem", SupportsShouldProcess = true, DefaultParameterSetName = ByObject)]
[OutputType(typeof(HpcContainerCopy))]
public sealed class CopyHpcContainerItemCommand : InsideContainerCmdlet
{
    private readonly ConcurrentBag<(IContainerEngine Engine, HpcContainer Container)> _meant = [];
    private ContainerUser _user = ContainerUser.Owner;
    private IReadOnlyList<string> _paths = [];

    /// <summary>What is copied: files and directories of this machine; with -FromContainer of the containers.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CopiedItemCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>
    /// Where to: a directory of the containers, or the new name of a single item there; with -FromContainer a directory of this machine.
    /// </summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(CopyDestinationCompleter))]
    public string Destination { get; set; } = "";

    /// <summary>Copies out of the containers.</summary>
    [Parameter]
    public SwitchParameter FromContainer { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync()
    {
        _user = ContainerUser.Parse(User);
        _paths = FromContainer ? Path : [.. Path.SelectMany(LocalPaths)];
        ContainerItems.RequireNames(_paths);
        if (!FromContainer)
        {
            ContainerItems.Require(_paths);
        }

        return base.BeginAsync();
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await base.EndAsync();
        var byNode = _meant.OrderBy(one => one.Container.Name, StringComparer.Ordinal).ToLookup(one => one.Container.Node);
        var nodes = NodesMeant.Where(byNode.Contains).ToList();
        using var bars = FollowNodes(FromContainer ? "Copying from containers" : "Copying to containers", nodes.Count, Phase.CopyItems);
        await Cluster.OnEachAsync(
            nodes,
            (node, stopping) => OnEachOfAsync(
                node,
                byNode[node],
                one => CopyAsync(one.Engine, one.Container, DirectoryFor(one.Container, byNode), bars, stopping),
                stopping),
            StopToken,
            phase: Phase.CopyItems);
    }

    /// <inheritdoc/>
    private protected override (string Activity, Phase Phase)? Progress => ("Looking for containers", Phase.Survey);

    private protected override Task ProcessAsync(IContainerEngine engine, HpcContainer container, CancellationToken stopping)
    {
        _meant.Add((engine, container));
        return Task.CompletedTask;
    }

    private async Task CopyAsync(
        IContainerEngine engine, HpcContainer container, string directory, NodeProgressBars bars, CancellationToken stopping)
    {
        var what = string.Join(", ", _paths);
        var action = FromContainer ? $"Copy {what} from it to {directory}" : $"Copy {what} to {directory} in it";
        if (!await ShouldProcessAsync($"{container.Node}: {container.Name}", action))
        {
            return;
        }

        var items = new ContainerItems(engine, container, _user, bars, Warn);
        if (!FromContainer)
        {
            Emit(await items.CopyInAsync(_paths, Destination, stopping));
            return;
        }

        foreach (var path in _paths)
        {
            await OrReportAsync(container.Node, async () => Emit(await items.CopyOutAsync(path, directory, stopping)));
        }
    }

    /// <summary>
    /// Out of several containers each has a directory of its node's name, and where a node has several of them one below that.
    /// </summary>
    private string DirectoryFor(HpcContainer container, ILookup<string, (IContainerEngine Engine, HpcContainer Container)> byNode)
    {
        if (!FromContainer)
        {
            return Destination;
        }

        var directory = GetUnresolvedProviderPathFromPSPath(Destination);
        return _meant.Count == 1 ? directory
            : byNode[container.Node].Count() == 1 ? System.IO.Path.Combine(directory, container.Node)
            : System.IO.Path.Combine(directory, container.Node, container.Name);
    }

    private IEnumerable<string> LocalPaths(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [GetUnresolvedProviderPathFromPSPath(path)];
        }

        var found = SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _);
        return found.Count > 0
            ? found
            : throw new HpcException(ErrorId.ItemNotFound, $"Nothing on this machine matches {Quote.Of(path)}.", path);
    }
}
