using System.Management.Automation;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Module.Base;

/// <summary>A cmdlet that works with the images of one engine.</summary>
public abstract class ImageCmdlet : SiteCmdlet
{
    /// <summary>The node whose engine is used; this machine's own, at its socket and without ssh, when none is named.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeCompleter))]
    public string? Node { get; set; }

    /// <summary>How long it may take, in seconds; 0 is no limit.</summary>
    [Parameter]
    [ValidateRange(0, 86400)]
    public int TimeoutSec { get; set; }

    /// <summary>What an engine's failure is that takes longer than <see cref="TimeoutSec"/>.</summary>
    private protected abstract ErrorId TooSlow { get; }

    /// <summary>Does something with the engine; what fails is reported, and the next input has its turn.</summary>
    /// <param name="check">Looks at the parameters.</param>
    /// <param name="action">What to do: with the node's name, and the engine's connection when it asks for it.</param>
    private protected async Task OnEngineAsync(
        Action check, Func<string, Func<Task<IContainerEngine>>, CancellationToken, Task> action)
    {
        try
        {
            check();
            await OnNodeAsync(OneNode(), action);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            Report(failure);
        }
    }

    private Task OnNodeAsync(string node, Func<string, Func<Task<IContainerEngine>>, CancellationToken, Task> action) => FanOut.RunAsync(
        [node],
        1,
        TimeoutSec == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(TimeoutSec),
        (_, stopping) => action(node, () => EnginesOf(node).ConnectAsync(node, stopping), stopping),
        failure => Report(failure.Cause, failure.Node),
        StopToken,
        TooSlow);

    private IEngineConnector EnginesOf(string node) => SiteEngines.Of(
        ThisMachine.Is(node)
            ? SiteDefinition with { Nodes = SiteDefinition.Nodes with { Client = SshClientKind.Local } }
            : SiteDefinition);

    /// <summary>The node that is meant by what is bound at this moment.</summary>
    private protected IReadOnlyList<string> NodesNow => [OneNode()];

    private string OneNode()
    {
        var names = Node is null ? [Environment.MachineName] : HostList.Expand(Node);
        return names.Count == 1
            ? names[0]
            : throw new HpcException(
                ErrorId.InvalidValue, $"-Node {Quote.Of(Node)} is {Plural.Of(names.Count, "node")}, and one engine is used.", Node);
    }
}
