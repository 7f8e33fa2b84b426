namespace PisaHpc.Views;

/// <summary>How loud a table says a state: what is broken, what needs a look, what is over.</summary>
public static class StateTone
{
    /// <summary>Nobody can use it, or it was lost.</summary>
    private static readonly HashSet<string> Bad = new(StringComparer.Ordinal)
    {
        "Unreachable", "NoEngine", "Failed", "RankFailed", "LaunchFailed", "NodeFailed", "Error", "Degraded", "Missing", "Dead", "CRITICAL",
        "OutOfMemory", "NodeLost", "ImageMissing", "NotReady", "NotStarted", "Abandoned", "Orphan", "Orphaned", "NoContainer", "OtherNodes",
    };

    /// <summary>It works half, or not yet, or nobody knows.</summary>
    private static readonly HashSet<string> Doubtful = new(StringComparer.Ordinal)
    {
        "Slow", "Warning", "WARNING", "Starting", "Restarting", "Removing", "Paused", "Outdated", "Unknown", "UNKNOWN", "Leftover",
        "NotFound", "Expired", "Incomplete", "Pending", "Found", "TimeLimit", "Deadline", "Preempted", "Signal", "Interrupted",
        "DOWN", "INIT", "ARMED",
    };

    /// <summary>It is over, was not wanted, or does not concern the reader.</summary>
    private static readonly HashSet<string> Quiet = new(StringComparer.Ordinal)
    {
        "Stopped", "Exited", "Created", "Skipped", "Other", "Cancelled", "Planned", "Waived",
    };

    /// <summary>All words that have a tone.</summary>
    public static IEnumerable<string> Words => Bad.Concat(Doubtful).Concat(Quiet);

    /// <summary>A text in the tone of a state.</summary>
    /// <param name="text">What is shown.</param>
    /// <param name="state">The state's word; a word without a tone is plain.</param>
    /// <param name="bad">What begins a bad one: an escape sequence, such as $PSStyle.Formatting.Error.</param>
    /// <param name="doubtful">The same of a doubtful one.</param>
    /// <param name="quiet">The same of one that is over.</param>
    /// <param name="reset">What ends each.</param>
    public static string Paint(string? text, string? state, string? bad, string? doubtful, string? quiet, string? reset)
    {
        var tone = state is null ? null
            : Bad.Contains(state) ? bad
            : Doubtful.Contains(state) ? doubtful
            : Quiet.Contains(state) ? quiet
            : null;
        return string.IsNullOrEmpty(tone) ? text ?? "" : $"{tone}{text}{reset}";
    }
}
