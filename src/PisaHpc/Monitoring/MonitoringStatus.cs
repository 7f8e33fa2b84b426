namespace PisaHpc.Monitoring;

/// <summary>
/// A status as monitoring systems take it, the same for each summary of the module: a word, an exit code, and a line (Monitoring Plugins
/// Development Guidelines, 2.3 and 2.6).
/// </summary>
/// <param name="Word">OK, WARNING, CRITICAL or UNKNOWN.</param>
/// <param name="ExitCode">The same as a number: 0 to 3, in this order.</param>
internal sealed record MonitoringStatus(string Word, int ExitCode)
{
    /// <summary>The worst that holds. What could not be looked at hides nothing that was found.</summary>
    /// <param name="isCritical">Whether something is wrong.</param>
    /// <param name="isWarning">Whether something is not as it should be.</param>
    /// <param name="isOk">Whether all was looked at, and there was something to look at.</param>
    public static MonitoringStatus Of(bool isCritical, bool isWarning, bool isOk) =>
        isCritical ? new("CRITICAL", 2)
        : isWarning ? new("WARNING", 1)
        : isOk ? new("OK", 0)
        : new("UNKNOWN", 3);

    /// <summary>The line: the status, what is to be said of it, and counts after a bar.</summary>
    public string Line(string said, IEnumerable<MonitoringCount> counts) =>
        $"PISAHPC {Word} - {said} | {string.Join(' ', counts.Select(count => $"{count.Name}={count.Count}"))}";
}
