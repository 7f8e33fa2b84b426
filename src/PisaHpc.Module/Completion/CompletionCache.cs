using System.Collections.Concurrent;

namespace PisaHpc.Module.Completion;

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
