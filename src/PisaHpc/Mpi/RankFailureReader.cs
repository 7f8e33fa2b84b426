using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PisaHpc.Mpi;

/// <summary>
/// Finds the rank that failed first: by the rank's own word, or, for a rank that could not say so (MPI_Abort, KILL), in what the launcher
/// says: Open MPI 4 and 5 in sentences broken over lines, MPICH and srun in one.
/// </summary>
/// <param name="map">Where the ranks run.</param>
internal sealed partial class RankFailureReader(RankMap map)
{
    private const int MostLines = 500;
    private readonly List<string> _launcher = [];
    private readonly Lock _lock = new();
    private readonly HashSet<int> _started = [];
    private readonly HashSet<int> _ended = [];
    private readonly TaskCompletionSource _allStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastStart = Stopwatch.GetTimestamp();
    private RankFailure? _reported;

    /// <summary>How many ranks there are to be.</summary>
    public int Count => map.Ranks;

    /// <summary>How many ranks have said that they started.</summary>
    public int Started
    {
        get
        {
            lock (_lock)
            {
                return _started.Count;
            }
        }
    }

    /// <summary>For how long no further rank has said that it started.</summary>
    public TimeSpan SinceStart => Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastStart));

    /// <summary>Completes when every rank has said that it started.</summary>
    public Task AllStarted => _allStarted.Task;

    /// <summary>Completes when every rank has said that it ended.</summary>
    public Task AllEnded => _allEnded.Task;

    /// <summary>Whether any rank of a node, or of any node, started.</summary>
    public bool HasStarted(string? node)
    {
        lock (_lock)
        {
            return node is null ? _started.Count > 0 : _started.Any(rank => map.NodeOf(rank) == node);
        }
    }

    /// <summary>The nodes of which a rank has not said that it started.</summary>
    public IReadOnlyList<string> NodesToStart()
    {
        lock (_lock)
        {
            return [.. Enumerable.Range(0, map.Ranks).Where(rank => !_started.Contains(rank)).Select(map.NodeOf).Distinct()];
        }
    }

    /// <summary>The first rank that never said that it ended; null when all did.</summary>
    public int? FirstMissing()
    {
        lock (_lock)
        {
            return Enumerable.Range(0, map.Ranks).Where(rank => !_ended.Contains(rank)).Cast<int?>().FirstOrDefault();
        }
    }

    /// <summary>Takes a line of a rank or of the launcher.</summary>
    public void Observe(int? rank, string text)
    {
        // Ranks may write millions of lines: what says nothing here takes no lock, and no regular expression.
        if (rank is not null && !(text.StartsWith("Abort(", StringComparison.Ordinal) && MpichAbort().IsMatch(text)))
        {
            return;
        }

        lock (_lock)
        {
            if (rank is null)
            {
                Keep(text);
            }
            else
            {
                _reported ??= new RankFailure(rank);
            }
        }
    }

    /// <summary>Takes the word of a rank that it started.</summary>
    public void RankStarted(int rank)
    {
        lock (_lock)
        {
            _started.Add(rank);
            Interlocked.Exchange(ref _lastStart, Stopwatch.GetTimestamp());
            if (_started.Count >= map.Ranks)
            {
                _allStarted.TrySetResult();
            }
        }
    }

    /// <summary>Takes the word of a rank that it ended; codes above 128 are signals, as in sh(1).</summary>
    public void RankEnded(int rank, int code)
    {
        lock (_lock)
        {
            _ended.Add(rank);
            if (_ended.Count >= map.Ranks)
            {
                _allEnded.TrySetResult();
            }

            _reported ??= code == 0 ? null : new RankFailure(rank, Signal: code is > 128 and < 193 ? code - 128 : null, Code: code);
        }
    }

    /// <summary>Takes the word that the way to a node was lost.</summary>
    public void NodeLost(string node)
    {
        lock (_lock)
        {
            _reported ??= new RankFailure(null, node);
        }
    }

    /// <summary>What failed; null when nobody said.</summary>
    public RankFailure? Find()
    {
        lock (_lock)
        {
            var said = Spaces().Replace(string.Join(' ', _launcher), " ");
            return AbortIn(said) ?? _reported ?? FindIn(said);
        }
    }

    /// <summary>What the launcher said, without rules and blank lines, in a sentence or two.</summary>
    public string LauncherWords()
    {
        lock (_lock)
        {
            var words = string.Join(
                ' ', _launcher.Where(text => text.Trim().Any(char.IsLetterOrDigit)).Take(8).Select(text => text.Trim()));
            return words.Length <= 600 ? words : words[..600] + "…";
        }
    }

    // After an abort the launcher ends the other ranks, and one of those may have had a word of its own.
    private static RankFailure? AbortIn(string said) =>
        OpenMpiAbort().Match(said) is { Success: true } abort ? new RankFailure(Number(abort, 1)) : null;

    private static RankFailure? FindIn(string said)
    {
        if (OpenMpiSignal().Match(said) is { Success: true } signal)
        {
            return new RankFailure(Number(signal, 1), signal.Groups[2].Value, Number(signal, 3));
        }

        if (OpenMpiCode().Match(said) is { Success: true } code)
        {
            return new RankFailure(Number(code, 1));
        }

        // Of the tasks that it names the first that ended by itself is told: the others were killed for its sake.
        return SrunCode().Match(said) is { Success: true } task ? new RankFailure(Number(task, 1), Code: Number(task, 2))
            : SrunNode().Match(said) is { Success: true } lost ? new RankFailure(null, lost.Groups[1].Value)
            : SrunSignal().Match(said) is { Success: true } killed ? new RankFailure(Number(killed, 1))
            : null;
    }

    private void Keep(string text)
    {
        if (_launcher.Count < MostLines)
        {
            _launcher.Add(text);
        }
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"process rank (\d+) with PID \d+ on node (\S+) exited on signal (\d+)")]
    private static partial Regex OpenMpiSignal();

    [GeneratedRegex(@"(?:MPI_ABORT was invoked on rank|exited due to process rank) (\d+) ")]
    private static partial Regex OpenMpiAbort();

    [GeneratedRegex(@"Process name: \[(?:\[\d+,\d+\]|\S+@\d+),(\d+)\] Exit code: ")]
    private static partial Regex OpenMpiCode();

    [GeneratedRegex(@"srun: error: \S+: tasks? (\d+)[-,\d]*: Exited with exit code (\d+)")]
    private static partial Regex SrunCode();

    [GeneratedRegex(@"srun: error: \S+: tasks? (\d+)[-,\d]*: (?:Killed|Terminated|Aborted|Segmentation fault|Bus error)")]
    private static partial Regex SrunSignal();

    [GeneratedRegex(@"srun: error: Node failure on ([^\s,]+)")]
    private static partial Regex SrunNode();

    [GeneratedRegex(@"^Abort\(-?\d+\) on node \d+ \(rank \d+ in comm ")]
    private static partial Regex MpichAbort();
}

/// <summary>What ended a run.</summary>
/// <param name="Rank">The rank; null when only its node is known.</param>
/// <param name="Node">The node, where the launcher named it.</param>
/// <param name="Signal">The signal's number; null when none ended the rank.</param>
/// <param name="Code">The exit code, where the rank said it.</param>
internal sealed record RankFailure(int? Rank, string? Node = null, int? Signal = null, int? Code = null);
