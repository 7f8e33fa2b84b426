using System.Diagnostics;
using PisaHpc.Nodes;

namespace PisaHpc.Mpi;

/// <summary>Makes a run's end out of what its ranks and its launcher said.</summary>
/// <param name="request">What was run.</param>
/// <param name="map">Where the ranks ran.</param>
/// <param name="failures">What failed.</param>
/// <param name="answers">Tells whether a node answers a login.</param>
internal sealed class MpiRunReport(
    MpiRequest request, RankMap map, RankFailureReader failures, Func<string, CancellationToken, Task<bool>> answers)
{
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;
    private readonly long _clock = Stopwatch.GetTimestamp();

    private string First => request.Nodes[0].Name;

    /// <summary>The end of a run whose launcher was started.</summary>
    /// <param name="code">Its exit code.</param>
    /// <param name="isKnown">Whether the supervisor told the code; else it is the login's own.</param>
    /// <param name="lingered">Whether the launcher was ended after its ranks: its code says nothing of them then.</param>
    /// <param name="cancellationToken">Ends the question whether a node answers.</param>
    public async Task<MpiRunEnd> EndedAsync(
        LauncherFacts facts, int code, bool isKnown, bool lingered, CancellationToken cancellationToken)
    {
        var failure = failures.Find();
        if ((isKnown && code == 0) || (lingered && failure is null))
        {
            return await MissingAsync(cancellationToken) is { } missing
                ? Failed(
                    ResultOf(MpiOutcome.RankFailed, 0, facts, new RankFailure(missing)),
                    $"node {map.NodeOf(missing)} was lost with rank {missing}.")
                : new MpiRunEnd(ResultOf(MpiOutcome.Succeeded, 0, facts, null), null);
        }

        failure ??= isKnown ? null : new RankFailure(null, First);
        // srun ends with the highest of its tasks' codes and signals, those among them that it killed for the one's sake.
        code = lingered || facts.Launcher == MpiLauncher.Srun ? failure?.Code ?? code : code;
        if (failure?.Rank is not null || failures.HasStarted(failure?.Node))
        {
            var result = ResultOf(MpiOutcome.RankFailed, code, facts, failure);
            return Failed(result, Describe(result));
        }

        var place = failure?.Node is { } lost ? $"node {lost} does not answer" : $"exit code {code}";
        return new MpiRunEnd(
            ResultOf(MpiOutcome.LaunchFailed, code, facts, failure),
            LaunchFailure($"{facts.Name} on {First} did not launch the ranks ({place}): {failures.LauncherWords()}", failure?.Node));
    }

    /// <summary>
    /// A rank that never ended, on a node that does not answer: Open MPI 5 ends with 0 then. A word that was only lost on its way, on a
    /// node that answers, is no failure.
    /// </summary>
    private async Task<int?> MissingAsync(CancellationToken cancellationToken) =>
        failures.FirstMissing() is { } rank && !await answers(map.NodeOf(rank), cancellationToken) ? rank : null;

    /// <summary>The end of a run whose launcher was never started.</summary>
    /// <param name="reason">Why.</param>
    public MpiRunEnd NotLaunched(string reason) =>
        new(ResultOf(MpiOutcome.LaunchFailed, 1, null, null), LaunchFailure($"Node {First}: {reason}", First));

    private MpiRunEnd Failed(MpiResult result, string reason) => new(
        result, new HpcException(ErrorId.RankFailed, $"Job {request.JobId}: {reason}", (object?)result.FailedNode ?? request.JobId));

    private HpcException LaunchFailure(string message, string? node) =>
        new(ErrorId.MpiLaunchFailed, $"Job {request.JobId}: {message}", (object?)node ?? request.JobId);

    private string Describe(MpiResult result)
    {
        var place = result.FailedNode is null ? "" : $" on {result.FailedNode}";
        return result switch
        {
            { FailedRank: { } rank, Signal: { } signal } => $"rank {rank}{place} was ended by {signal}.",
            { FailedRank: { } rank } => $"rank {rank}{place} ended with code {result.ExitCode}.",
            { FailedNode: { } node } => $"node {node} was lost while its ranks ran: {failures.LauncherWords()}",
            _ => $"{result.Launcher} ended with code {result.ExitCode} and named no rank: {failures.LauncherWords()}",
        };
    }

    private MpiResult ResultOf(MpiOutcome outcome, int code, LauncherFacts? facts, RankFailure? failure) => new()
    {
        JobId = request.JobId,
        Command = ShellQuoting.Join([request.Command, .. request.Arguments]),
        Ranks = map.Ranks,
        Outcome = outcome.ToString(),
        ExitCode = code,
        FailedRank = failure?.Rank,
        FailedNode = failure?.Rank is { } rank ? map.NodeOf(rank) : failure?.Node,
        Signal = failure?.Signal is { } signal ? SignalName.Of(signal) : null,
        Launcher = facts?.Name ?? "",
        Network = facts?.NetworkOrInterface,
        StartedAt = _startedAt,
        DurationSec = Math.Round(Stopwatch.GetElapsedTime(_clock).TotalSeconds, 3),
    };
}

/// <summary>Names of signals on Linux (signal(7), x86 and ARM).</summary>
internal static class SignalName
{
    private static readonly string[] Names =
    [
        "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>The name of a signal, or <c>signal N</c> for one without.</summary>
    public static string Of(int signal) => signal >= 1 && signal <= Names.Length ? Names[signal - 1] : $"signal {signal}";
}
