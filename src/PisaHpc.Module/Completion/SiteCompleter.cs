using System.Collections;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using PisaHpc.Adapters.Yaml;
using PisaHpc.HostLists;
using PisaHpc.Sites;

namespace PisaHpc.Module.Completion;

/// <summary>
/// Completes an argument from the site definition, and from the nodes where a completer asks them. It answers within
/// <see cref="TimeLimit"/> with what it has by then, never fails, and honours -Site and -Node on the line.
/// </summary>
internal abstract class SiteCompleter : IArgumentCompleter
{
    /// <summary>How long a person waits for the key.</summary>
    internal TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = new CompletionWord(wordToComplete ?? "");
        var bound = fakeBoundParameters ?? new Hashtable();
        var line = new CompletionLine(word.Text, NodesOnLine(bound), bound);
        return word.Complete(Candidates(line));
    }

    /// <summary>Finds the candidates; what comes too late is kept for the next time.</summary>
    /// <param name="site">The site definition.</param>
    /// <param name="line">What is on the line.</param>
    protected abstract IAsyncEnumerable<CompletionCandidate> FindAsync(
        HpcSite site, CompletionLine line, CancellationToken cancellationToken);

    /// <summary>What of the line the candidates depend on, beside -Site and -Node.</summary>
    protected virtual string KeyOf(CompletionLine line) => "";

    /// <summary>The nodes that -Node on the line means: names, and the site's nodes that match a pattern.</summary>
    protected static IReadOnlyList<string> NodesNamed(HpcSite site, CompletionLine line) =>
        HostList.Match(line.Nodes.SelectMany(HostList.ExpandPatterns), site.Nodes.Names);

    private List<CompletionCandidate> Candidates(CompletionLine line)
    {
        var site = SiteOnLine(line.Bound);
        string[] key =
        [
            GetType().FullName!, site ?? "", Environment.GetEnvironmentVariable("PISAHPC_SITE") ?? "", KeyOf(line), .. line.Nodes,
        ];
        return CompletionCache.Find(string.Join('\n', key)) is { } kept ? [.. kept] : Collect(site, line, string.Join('\n', key));
    }

    private List<CompletionCandidate> Collect(string? site, CompletionLine line, string key)
    {
        using var timeUp = new CancellationTokenSource(TimeLimit);
        var found = new BlockingCollection<CompletionCandidate>();
        var stopping = timeUp.Token;
        _ = Task.Run(() => FillAsync(found, site, line, key, stopping), CancellationToken.None);
        var candidates = new List<CompletionCandidate>();
        try
        {
            foreach (var candidate in found.GetConsumingEnumerable(stopping))
            {
                candidates.Add(candidate);
            }
        }
        catch (OperationCanceledException)
        {
            // Time is up: what has come by now is the answer.
        }

        return candidates;
    }

    private async Task FillAsync(
        BlockingCollection<CompletionCandidate> found,
        string? site,
        CompletionLine line,
        string key,
        CancellationToken cancellationToken)
    {
        try
        {
            var all = new List<CompletionCandidate>();
            await foreach (var candidate in FindAsync(SiteLocation.Read(site), line, cancellationToken))
            {
                all.Add(candidate);
                found.Add(candidate, CancellationToken.None);
            }

            CompletionCache.Keep(key, all);
        }
        catch (Exception)
        {
            // A prompt has nowhere to show a failure of the key just pressed; the command itself will name it when it runs.
        }
        finally
        {
            found.CompleteAdding();
        }
    }

    private static string? SiteOnLine(IDictionary bound)
    {
        if (bound["Site"]?.ToString() is not { Length: > 0 } path)
        {
            return null;
        }

        // The prompt's location, which is not the process's directory.
        const string FullPath = "param($path) $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)";
        return Runspace.DefaultRunspace is null
            ? Path.GetFullPath(path)
            : ScriptBlock.Create(FullPath).InvokeReturnAsIs(path).ToString();
    }

    private static IReadOnlyList<string> NodesOnLine(IDictionary bound) => bound["Node"] switch
    {
        null => [],
        string one => [one],
        IEnumerable many => [.. many.Cast<object?>().Select(node => node?.ToString()).OfType<string>()],
        var other => [other.ToString()!],
    };
}

/// <summary>Candidates for a few seconds, so that a second press of the key asks nobody again.</summary>
internal static class CompletionCache
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);
    private static readonly ConcurrentDictionary<string, (long Kept, IReadOnlyList<CompletionCandidate> Candidates)> Entries = new();

    /// <summary>The candidates kept under a key; null when there are none, or they are too old.</summary>
    public static IReadOnlyList<CompletionCandidate>? Find(string key) =>
        Entries.TryGetValue(key, out var entry) && TimeProvider.System.GetElapsedTime(entry.Kept) < Lifetime ? entry.Candidates : null;

    /// <summary>Keeps candidates under a key.</summary>
    public static void Keep(string key, IReadOnlyList<CompletionCandidate> candidates) =>
        Entries[key] = (TimeProvider.System.GetTimestamp(), candidates);
}
