namespace PisaHpc.Mpi;

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
