using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;
using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Engines;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Ports;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes from what is in a container that the line names: of its job, of its static environment, or of its node.</summary>
internal abstract class InContainerCompleter : SiteCompleter
{
    /// <inheritdoc/>
    protected override string KeyOf(CompletionLine line) => string.Join('\n', Word(line, "JobId"), Word(line, "Static"));

    /// <inheritdoc/>
    protected sealed override async IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var node in NodesOf(site, line))
        {
            var engine = await SiteEngines.Of(site).ConnectAsync(node, cancellationToken);
            var containers = (await engine.ListAsync(ContainerLabels.FilterOfAll(), cancellationToken))
                .Select(container => ContainerLabels.ToHpcContainer(node, container))
                .Where(container => container.State == nameof(ContainerState.Running) && IsMeant(container, line));
            if (containers.FirstOrDefault() is { } first)
            {
                foreach (var candidate in await FindAsync(engine, first, line.Word, cancellationToken))
                {
                    yield return candidate;
                }

                yield break;
            }
        }
    }

    /// <summary>What there is in the container.</summary>
    protected abstract Task<IEnumerable<CompletionCandidate>> FindAsync(
        IContainerEngine engine, HpcContainer container, string word, CancellationToken cancellationToken);

    private static bool IsMeant(HpcContainer container, CompletionLine line) =>
        (Word(line, "JobId") is not { Length: > 0 } job || JobIdPattern.OfOwner(job)(container.JobId))
        && (Word(line, "Static") is not { Length: > 0 } name || container.Static == name);

    /// <summary>
    /// Where to look: on the nodes named; else where the job has its lease, or the environment is declared; else on the site's.
    /// </summary>
    private static IEnumerable<string> NodesOf(HpcSite site, CompletionLine line)
    {
        var named = line.Nodes.SelectMany(HostList.Expand).ToList();
        if (named.Count > 0)
        {
            return named;
        }

        if (Word(line, "Static") is { Length: > 0 } name && site.Static.TryGetValue(name, out var definition))
        {
            return definition.NodeNames();
        }

        var lease = Word(line, "JobId") is { Length: > 0 } job && site.PortArea is { } area ? PortArea.Of(area, _ => { }).Find(job) : null;
        return lease is { Nodes.Count: > 0 } ? lease.Nodes : HostList.Expand(site.Nodes.Names);
    }

    private static string Word(CompletionLine line, string parameter) => line.Bound[parameter] switch
    {
        null => "",
        string one => one,
        IEnumerable many => many.Cast<object?>().FirstOrDefault()?.ToString() ?? "",
        var other => other.ToString() ?? "",
    };
}

/// <summary>Completes the programs on the PATH of a container's image.</summary>
internal sealed class ContainerProgramCompleter : InContainerCompleter
{
    /// <inheritdoc/>
    protected override async Task<IEnumerable<CompletionCandidate>> FindAsync(
        IContainerEngine engine, HpcContainer container, string word, CancellationToken cancellationToken) =>
        from path in await ContainerListing.ProgramsAsync(engine, container.Id, cancellationToken)
        select new CompletionCandidate(path[(path.LastIndexOf('/') + 1)..], $"{path} in {container.Image}") into candidate
        orderby candidate.Text
        select candidate;
}

/// <summary>Completes directories in a container, level by level.</summary>
internal sealed class InnerDirectoryCompleter : InContainerCompleter
{
    /// <inheritdoc/>
    protected override string KeyOf(CompletionLine line) => $"{base.KeyOf(line)}\n{MountCompleter.DirectoryOf(line.Word)}";

    /// <inheritdoc/>
    protected override async Task<IEnumerable<CompletionCandidate>> FindAsync(
        IContainerEngine engine, HpcContainer container, string word, CancellationToken cancellationToken) =>
        from path in await ContainerListing.DirectoriesAsync(engine, container.Id, MountCompleter.DirectoryOf(word), cancellationToken)
        select new CompletionCandidate(path, $"directory in {container.Name} on {container.Node}");
}

/// <summary>Completes the one user who is known in any container.</summary>
internal sealed class ContainerUserCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        new CompletionWord(wordToComplete ?? "").Matches(ContainerUser.Root)
            ? [new CompletionResult(
                ContainerUser.Root, ContainerUser.Root, CompletionResultType.ParameterValue, "whatever the container's capabilities allow")]
            : [];
}
