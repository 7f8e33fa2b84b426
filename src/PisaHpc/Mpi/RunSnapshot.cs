using System.Globalization;

namespace PisaHpc.Mpi;

/// <summary>What the processes of a run do in the first node's container, as its supervisor finds them in /proc.</summary>
/// <param name="Launcher">The launcher's process id.</param>
/// <param name="OpenFiles">The launcher's limit of open files; null when there is none, or it cannot be read.</param>
/// <param name="Processes">The processes that carry the run's mark.</param>
internal sealed record RunSnapshot(int Launcher, long? OpenFiles, IReadOnlyList<RunProcess> Processes)
{
    // USER_HZ, the unit of proc_pid_stat(5), is 100 on x86 and ARM.
    private const int TicksPerSecond = 100;

    /// <summary>Reads a process's line; null when it is none.</summary>
    /// <param name="words">Its words.</param>
    public static RunProcess? Process(string[] words) =>
        words is ["look", var id, [var state], var ticks, ..] && TryNumber(id, out var pid) && TryNumber(ticks, out var used)
            ? new RunProcess(
                (int)pid, state, TimeSpan.FromSeconds((double)used / TicksPerSecond), [.. words.Skip(4).Where(word => word.Length > 0)])
            : null;

    /// <summary>Reads the last line; null when it is none.</summary>
    /// <param name="words">Its words.</param>
    /// <param name="processes">The processes that were told before.</param>
    public static RunSnapshot? Of(string[] words, IReadOnlyList<RunProcess> processes) =>
        words is ["looked", var launcher, var files] && TryNumber(launcher, out var pid)
            ? new RunSnapshot((int)pid, TryNumber(files, out var limit) ? limit : null, processes)
            : null;

    private static bool TryNumber(string word, out long number) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>A process of a run in the first node's container.</summary>
/// <param name="Id">Its id in the container.</param>
/// <param name="State">Its state, a letter of proc_pid_stat(5): R runs, S sleeps, D waits for a disk, T is stopped.</param>
/// <param name="Processor">The time that it has had on processors.</param>
/// <param name="Arguments">The first of its arguments, the program's name included.</param>
internal sealed record RunProcess(int Id, char State, TimeSpan Processor, IReadOnlyList<string> Arguments)
{
    /// <summary>Whether it runs, or did for half of a time or more.</summary>
    /// <param name="elapsed">For how long its run has been going.</param>
    public bool IsBusy(TimeSpan elapsed) => State == 'R' || Processor >= elapsed / 2;

    /// <summary>Whether it is the shell around a rank.</summary>
    public bool IsRank => Arguments is ["sh", "-c", "trap", ":", "USR1", ..];

    /// <summary>Whether it is an ssh client.</summary>
    public bool IsSsh => Program == "ssh";

    /// <summary>Its program's name, without directories.</summary>
    public string Program => Arguments.Count == 0 ? "" : Arguments[0][(Arguments[0].LastIndexOf('/') + 1)..];

    /// <inheritdoc/>
    public override string ToString() => $"{Program} (process {Id})";
}

/// <summary>Asks the supervisor what the run's processes do, and takes its answer from among the run's output.</summary>
/// <param name="input">The supervisor's standard input.</param>
/// <param name="limit">How long the answer may take.</param>
internal sealed class RunProcessProbe(Stream input, TimeSpan limit)
{
    private static readonly byte[] Question = "look\n"u8.ToArray();
    private readonly Lock _lock = new();
    private List<RunProcess> _processes = [];
    private TaskCompletionSource<RunSnapshot> _answer = new();

    /// <summary>Looks; one look at a time.</summary>
    /// <returns>What was seen; null when no answer came.</returns>
    public async Task<RunSnapshot?> LookAsync(CancellationToken stopping)
    {
        var answer = new TaskCompletionSource<RunSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _processes = [];
            _answer = answer;
        }

        await input.WriteAsync(Question, stopping);
        await input.FlushAsync(stopping);
        return await Task.WhenAny(answer.Task, Task.Delay(limit, stopping)) == answer.Task ? await answer.Task : null;
    }

    /// <summary>Takes words of the supervisor's.</summary>
    /// <returns>False when they are none of an answer.</returns>
    public bool Take(string[] words)
    {
        lock (_lock)
        {
            if (RunSnapshot.Process(words) is { } process)
            {
                _processes.Add(process);
                return true;
            }

            if (RunSnapshot.Of(words, _processes) is { } look)
            {
                _answer.TrySetResult(look);
                return true;
            }

            return false;
        }
    }
}
