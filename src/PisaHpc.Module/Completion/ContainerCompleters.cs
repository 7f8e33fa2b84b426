using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;
using PisaHpc.Containers;
using PisaHpc.Containers.Commands;
using PisaHpc.Engines;
using PisaHpc.Module.Commands;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>Completes from what is in a container that the line means, of whichever node answers first.</summary>
internal abstract class InContainerCompleter : ContainerCompleter
{
    /// <inheritdoc/>
    protected sealed override async IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var engines = EnginesOf(site);
        var running = await FirstAnswer.OfAsync(
            NodesOf(site, line),
            async (node, stopping) =>
            {
                var engine = await engines.ConnectAsync(node, stopping);
                var containers = await ListAsync(engine, line, stopping);
                return containers.FirstOrDefault(container => container.State == nameof(ContainerState.Running)) is { } container
                    ? Tuple.Create(engine, container)
                    : null;
            },
            cancellationToken);
        if (running is not null)
        {
            foreach (var candidate in await FindAsync(running.Item1, running.Item2, line.Word, cancellationToken))
            {
                yield return candidate;
            }
        }
    }

    /// <summary>What there is in the container.</summary>
    protected abstract Task<IEnumerable<CompletionCandidate>> FindAsync(
        IContainerEngine engine, HpcContainer container, string word, CancellationToken cancellationToken);
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

/// <summary>Completes paths in a container, level by level.</summary>
/// <param name="list">Lists what is in a directory of a container, given its id.</param>
/// <param name="what">What a path is, as its tooltip begins.</param>
internal abstract class InnerPathCompleter(
    Func<IContainerEngine, string, string, CancellationToken, Task<IReadOnlyList<string>>> list, string what) : InContainerCompleter
{
    /// <inheritdoc/>
    protected sealed override string KeyOf(CompletionLine line) => $"{base.KeyOf(line)}\n{MountCompleter.DirectoryOf(line.Word)}";

    /// <inheritdoc/>
    protected sealed override async Task<IEnumerable<CompletionCandidate>> FindAsync(
        IContainerEngine engine, HpcContainer container, string word, CancellationToken cancellationToken) =>
        from path in await list(engine, container.Id, MountCompleter.DirectoryOf(word), cancellationToken)
        select new CompletionCandidate(path, $"{what} {container.Name} on {container.Node}");
}

/// <summary>Completes directories in a container.</summary>
internal sealed class InnerDirectoryCompleter() : InnerPathCompleter(ContainerListing.DirectoriesAsync, "directory in");

/// <summary>Completes files and directories in a container.</summary>
internal sealed class InnerItemCompleter() : InnerPathCompleter(ContainerListing.ItemsAsync, "in");

/// <summary>Completes what is copied: out of containers what is there. For files of this machine the engine has its own.</summary>
internal sealed class CopiedItemCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        IsFromContainer(fakeBoundParameters)
            ? new InnerItemCompleter().CompleteArgument(commandName, parameterName, wordToComplete, commandAst, fakeBoundParameters)
            : null!;

    /// <summary>Whether the line copies out of containers, and not into them.</summary>
    internal static bool IsFromContainer(IDictionary? bound) =>
        bound?[nameof(CopyHpcContainerItemCommand.FromContainer)] is { } value && LanguagePrimitives.IsTrue(value);
}

/// <summary>Completes where it is copied to: into containers a directory there. For those of this machine the engine has its own.</summary>
internal sealed class CopyDestinationCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        CopiedItemCompleter.IsFromContainer(fakeBoundParameters)
            ? null!
            : new InnerDirectoryCompleter().CompleteArgument(commandName, parameterName, wordToComplete, commandAst, fakeBoundParameters);
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
