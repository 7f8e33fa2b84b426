using System.Diagnostics;
using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.Mpi;

/// <summary>One run's talk with its supervisor: facts, command, output, end.</summary>
internal sealed class MpiConversation(
    MpiRequest request,
    RankMap map,
    string run,
    INodeProcess process,
    Func<string, CancellationToken, Task<bool>> answers,
    MpiRunListener listener)
{
    // Open MPI 5.0.7 sometimes stays when all of its ranks have ended, with the last of their output stuck in it.
    private static readonly TimeSpan LauncherLinger = TimeSpan.FromSeconds(10);
    private readonly RankFailureReader _failures = new(map);
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;
    private readonly long _clock = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _errorEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int? _exitCode;
    private bool _lingered;
    private string? _refusal;

    private string First => request.Nodes[0].Name;

    public async Task<MpiRunEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var standardOutput = RankText.Reader(process.Output);
        using var standardError = RankText.Reader(process.Error);
        await SendAsync(MpiSupervisor.Facts(request, run), cancellationToken);
        var (facts, refusal) = await ReadFactsAsync(standardOutput, cancellationToken);
        if (facts is null)
        {
            return NotLaunched(refusal ?? await NoLoginAsync(standardError, cancellationToken));
        }

        var command = LaunchCommand.For(request, map, facts, run);
        listener.Trace($"{First}: {ShellQuoting.Join(command.Arguments)}");
        await SendAsync(MpiSupervisor.Launch(command), cancellationToken);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pumping = Task.WhenAll(
            PumpAsync(standardOutput, facts, "stdout", failed), PumpAsync(standardError, facts, "stderr", failed));
        await Task.WhenAll(pumping, EndLingeringLauncherAsync(facts, pumping), ReleaseAsync(pumping));
        return await EndedAsync(facts, await process.WaitAsync(cancellationToken), cancellationToken);
    }

    /// <summary>Lets the supervisor go when both streams have been read to their ends.</summary>
    private async Task ReleaseAsync(Task pumping)
    {
        if (pumping != await Task.WhenAny(pumping, Task.WhenAll(_end.Task, _errorEnd.Task)))
        {
            await process.Input.DisposeAsync();
        }
    }

    /// <summary>Ends a launcher that stays when every rank has ended: their own words say how.</summary>
    private async Task EndLingeringLauncherAsync(LauncherFacts facts, Task pumping)
    {
        if (facts is not { Flavour: MpiFlavour.OpenMpi, Major: >= 5 })
        {
            return;
        }

        await Task.WhenAny(pumping, _failures.AllEnded);
        if (await Task.WhenAny(pumping, _end.Task, Task.Delay(LauncherLinger)) is var first && first != pumping && first != _end.Task)
        {
            _lingered = true;
            listener.Warn(
                $"{facts.Name} on {First} did not end within {LauncherLinger.TotalSeconds} s after its ranks had, and was ended; "
                + "their last lines of output may be missing.");
            await process.Input.DisposeAsync();
        }
    }

    private async Task SendAsync(byte[] part, CancellationToken cancellationToken)
    {
        await process.Input.WriteAsync(part, cancellationToken);
        await process.Input.FlushAsync(cancellationToken);
    }

    private async Task<(LauncherFacts? Facts, string? Refusal)> ReadFactsAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            // What a login script prints comes before the first mark.
            if (!line.StartsWith(run + ' ', StringComparison.Ordinal))
            {
                continue;
            }

            var fact = RankText.Decode(line)[(run.Length + 1)..];
            if (fact == "ready")
            {
                return (LauncherFacts.Parse(lines), null);
            }

            if (fact.StartsWith("refused ", StringComparison.Ordinal))
            {
                return (null, fact["refused ".Length..]);
            }

            lines.Add(fact);
        }

        return (null, null);
    }

    private static async Task<string> NoLoginAsync(StreamReader standardError, CancellationToken cancellationToken)
    {
        var said = RankText.Decode(await standardError.ReadToEndAsync(cancellationToken)).Trim();
        return $"the login to the container failed: {(said.Length > 0 ? said : "it ended without a word")}";
    }

    /// <summary>
    /// Reads a stream to its end. When that fails the ranks are ended and the other stream is left: nobody hears the run any more.
    /// </summary>
    private async Task PumpAsync(StreamReader reader, LauncherFacts facts, string stream, CancellationTokenSource failed)
    {
        try
        {
            await PumpAsync(reader, facts, stream, failed.Token);
        }
        catch
        {
            await process.Input.DisposeAsync();
            await failed.CancelAsync();
            throw;
        }
    }

    private async Task PumpAsync(StreamReader reader, LauncherFacts facts, string stream, CancellationToken cancellationToken)
    {
        var lines = new List<MpiOutput>();
        var cuts = facts is { Flavour: MpiFlavour.OpenMpi, Major: < 5 } ? new TaggedPieceWatch(rank => WarnOfLoss(facts, rank)) : null;
        var parser = new RankOutputParser(
            RankTag.Of(facts, run), run, (rank, text) => lines.Add(LineOf(rank, stream, text)), TakeWord, cuts);
        var buffer = new char[16384];
        while (await reader.ReadAsync(buffer, cancellationToken) is var count and > 0)
        {
            parser.Push(buffer.AsSpan(0, count));
            await HandOverAsync();
        }

        parser.Complete();
        await HandOverAsync();

        async Task HandOverAsync()
        {
            if (lines.Count > 0)
            {
                var batch = lines.ToArray();
                lines.Clear();
                await listener.Output(batch);
            }
        }
    }

    private void WarnOfLoss(LauncherFacts facts, int rank) => listener.Warn(
        $"{facts.Name} threw output of rank {rank} away: it keeps 8 KiB of each 4 KiB that it tags, and many short lines at once are more. "
        + "Write them to a file, or fewer at a time.");

    private MpiOutput LineOf(int? rank, string stream, string text)
    {
        _failures.Observe(rank, text);
        return new MpiOutput(rank, rank is { } number ? map.NodeOf(number) : First, stream, text, DateTimeOffset.UtcNow);
    }

    private bool TakeWord(int? rank, string[] words)
    {
        // The launcher's end may stand behind a rank's last words, when those had no line end.
        if (words is ["end", var last] && TryNumber(last, out var ended))
        {
            _exitCode = ended;
            _end.TrySetResult();
        }
        else if (words is ["eof"])
        {
            _errorEnd.TrySetResult();
        }
        else if (words is ["exit", var code] && rank is not null && TryNumber(code, out var exited))
        {
            _failures.RankEnded(rank.Value, exited);
        }
        else if (words is ["start"] && rank is not null)
        {
            _failures.RankStarted(rank.Value);
        }
        else if (words is ["lost", var node])
        {
            _failures.NodeLost(node);
        }
        else if (words is ["refused", ..])
        {
            _refusal = string.Join(' ', words.Skip(1));
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool TryNumber(string word, out int number) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private async Task<MpiRunEnd> EndedAsync(LauncherFacts facts, int processCode, CancellationToken cancellationToken)
    {
        if (_refusal is not null)
        {
            return NotLaunched(_refusal);
        }

        var failure = _failures.Find();
        if (_exitCode == 0 || (_lingered && failure is null))
        {
            return await MissingAsync(cancellationToken) is { } missing
                ? Failed(
                    ResultOf(MpiOutcome.RankFailed, 0, facts, new RankFailure(missing)),
                    $"node {map.NodeOf(missing)} was lost with rank {missing}.")
                : new MpiRunEnd(ResultOf(MpiOutcome.Succeeded, 0, facts, null), null);
        }

        var code = _exitCode ?? processCode;
        failure ??= _exitCode is null ? new RankFailure(null, First) : null;
        if (failure?.Rank is not null || _failures.HasStarted(failure?.Node))
        {
            var result = ResultOf(MpiOutcome.RankFailed, code, facts, failure);
            return Failed(result, Describe(result));
        }

        var place = failure?.Node is { } lost ? $"node {lost} does not answer" : $"exit code {code}";
        return new MpiRunEnd(
            ResultOf(MpiOutcome.LaunchFailed, code, facts, failure),
            LaunchFailure($"{facts.Name} on {First} did not launch the ranks ({place}): {_failures.LauncherWords()}", failure?.Node));
    }

    /// <summary>
    /// A rank that never ended, on a node that does not answer: Open MPI 5 ends with 0 then. A word that was only lost on its way, on a
    /// node that answers, is no failure.
    /// </summary>
    private async Task<int?> MissingAsync(CancellationToken cancellationToken) =>
        _failures.FirstMissing() is { } rank && !await answers(map.NodeOf(rank), cancellationToken) ? rank : null;

    private MpiRunEnd NotLaunched(string reason) =>
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
            { FailedNode: { } node } => $"node {node} was lost while its ranks ran: {_failures.LauncherWords()}",
            _ => $"{result.Launcher} ended with code {result.ExitCode} and named no rank: {_failures.LauncherWords()}",
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
