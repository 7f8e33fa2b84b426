using System.Diagnostics;
using System.Globalization;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Mpi;

/// <summary>One run's talk with its supervisor: facts, command, output, end.</summary>
internal sealed class MpiConversation(
    MpiRequest request,
    RankMap map,
    string run,
    INodeProcess process,
    Func<string, CancellationToken, Task<bool>> answers,
    MpiTimeLimits patience,
    MpiRunListener listener)
{
    private readonly RankFailureReader _failures = new(map);
    private readonly OutputSilence _silence = new();
    private readonly RunProcessProbe _lookout = new(process.Input, patience.Look);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _errorEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int? _exitCode;
    private bool _lingered;
    private string? _refusal;

    private string First => request.Nodes[0].Name;

    public async Task<MpiRunEnd> RunAsync(CancellationToken cancellationToken)
    {
        var report = new MpiRunReport(request, map, _failures, answers);
        var window = new OutputWindow(TellAsync);
        using var standardOutput = RankText.Reader(window.Over(process.Output));
        using var standardError = RankText.Reader(window.Over(process.Error));
        await SendAsync(MpiSupervisor.Facts(request, run), cancellationToken);
        var (facts, refusal) = await ReadFactsAsync(standardOutput, cancellationToken);
        if (facts is null)
        {
            return report.NotLaunched(refusal ?? await NoLoginAsync(standardError, cancellationToken));
        }

        var command = LaunchCommand.For(request, map, facts, run);
        listener.Trace($"{First}: {ShellQuoting.Join(command.Arguments)}");
        await SendAsync(MpiSupervisor.Launch(command), cancellationToken);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pumping = Task.WhenAll(
            PumpAsync(standardOutput, facts, "stdout", failed), PumpAsync(standardError, facts, "stderr", failed));
        await Task.WhenAll(
            pumping, WatchStartAsync(facts, pumping), EndLingeringLauncherAsync(facts, pumping), ReleaseAsync(pumping));
        var processCode = await process.WaitAsync(cancellationToken);
        return _refusal is not null
            ? report.NotLaunched(_refusal)
            : await report.EndedAsync(facts, _exitCode ?? processCode, _exitCode is not null, _lingered, cancellationToken);
    }

    /// <summary>Warns of ranks that do not start, until the launcher has ended; when all have started, the supervisor is told.</summary>
    private async Task WatchStartAsync(LauncherFacts facts, Task pumping)
    {
        using var over = new CancellationTokenSource();
        var watch = new StartWatch(request, facts, _failures, _silence, _lookout, answers, patience, listener).RunAsync(over.Token);
        await Task.WhenAny(watch, pumping, _end.Task);
        await over.CancelAsync();
        await watch;
        if (_failures.AllStarted.IsCompleted && !_end.Task.IsCompleted)
        {
            await TellAsync("started\n"u8.ToArray());
        }
    }

    /// <summary>Lets the supervisor go when both streams have been read to their ends.</summary>
    private async Task ReleaseAsync(Task pumping)
    {
        if (pumping != await Task.WhenAny(pumping, Task.WhenAll(_end.Task, _errorEnd.Task)))
        {
            await process.Input.DisposeAsync();
        }
    }

    /// <summary>
    /// Ends a launcher that stays, silently, when every rank has ended: their own words say how. Open MPI 5.0.7 does so now and then, with
    /// the last of the ranks' output stuck in it; any launcher does when what a rank left behind holds its output open.
    /// </summary>
    private async Task EndLingeringLauncherAsync(LauncherFacts facts, Task pumping)
    {
        await Task.WhenAny(pumping, _failures.AllEnded);
        var ended = Stopwatch.GetTimestamp();
        for (var left = patience.End; left > TimeSpan.Zero; left = patience.End - Shorter(_silence.Length, Stopwatch.GetElapsedTime(ended)))
        {
            if (await Task.WhenAny(pumping, _end.Task, Task.Delay(left)) is var first && (first == pumping || first == _end.Task))
            {
                return;
            }
        }

        _lingered = true;
        listener.Warn(
            $"{facts.Name} on {First} did not end within {patience.End.TotalSeconds:0.#} s after its ranks had, and was ended; "
            + "their last lines of output may be missing.");
        await process.Input.DisposeAsync();

        static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
    }

    /// <summary>Says a word to a supervisor that may end meanwhile.</summary>
    private async Task TellAsync(ReadOnlyMemory<byte> word)
    {
        try
        {
            await SendAsync(word, CancellationToken.None);
        }
        catch (Exception failure) when (failure is HpcException or IOException or ObjectDisposedException)
        {
            // The run has ended.
            listener.Trace($"{First}: {failure.Message}");
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
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
        var (lines, arrived) = (new List<MpiOutput>(), DateTimeOffset.UtcNow);
        var cuts = facts is { Launcher: MpiLauncher.Ssh, Flavour: MpiFlavour.OpenMpi, Major: < 5 }
            ? new LostOutputDetector(rank => WarnOfLoss(facts, rank))
            : null;
        var parser = new RankOutputParser(
            RankTag.Of(facts, run), run, (rank, text) => lines.Add(LineOf(rank, stream, text, arrived)), TakeWord, cuts);
        var buffer = new char[RankText.Block];

        // What comes next is read and taken apart while the listener has what came before, and no more than that.
        var taken = Task.CompletedTask;
        while (await ReadAsync() is var count and > 0)
        {
            arrived = DateTimeOffset.UtcNow;
            _silence.Broken();
            parser.Push(buffer.AsSpan(0, count));
            await taken;
            taken = HandOverAsync();
        }

        await taken;
        _silence.Broken();
        parser.Complete();
        await HandOverAsync();

        async Task<int> ReadAsync()
        {
            // A listener that gives up is heard of at once, whether anything comes or not.
            var reading = reader.ReadAsync(buffer, cancellationToken).AsTask();
            await await Task.WhenAny(taken, reading);
            return await reading;
        }

        async Task HandOverAsync()
        {
            var batch = lines;
            lines = new List<MpiOutput>(batch.Count);
            if (batch.Count > 0)
            {
                await listener.Output(batch);
            }

            _silence.Resumed();
        }
    }

    private void WarnOfLoss(LauncherFacts facts, int rank) => listener.Warn(
        $"{facts.Name} threw output of rank {rank} away: it keeps 8 KiB of each 4 KiB that it tags, and many short lines at once are more. "
        + "Write them to a file, or fewer at a time.");

    private MpiOutput LineOf(int? rank, string stream, string text, DateTimeOffset arrived)
    {
        _failures.Observe(rank, text);
        return new MpiOutput(rank, rank is { } number ? map.NodeOf(number) : First, stream, text, arrived);
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
        else if (_lookout.Take(words))
        {
            // An answer is for the one who asked.
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
}
