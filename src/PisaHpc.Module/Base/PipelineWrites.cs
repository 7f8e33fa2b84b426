using System.Collections.Concurrent;
using System.Management.Automation;
using System.Runtime.ExceptionServices;

namespace PisaHpc.Module.Base;

/// <summary>What asynchronous work has to write, in order, for the pipeline's thread to write it.</summary>
internal sealed class PipelineWrites : IDisposable
{
    /// <summary>
    /// Who waits for a write yields the CPU some times before it sleeps, and takes one that comes at once; that none will come it sees
    /// behind that alone, tens of milliseconds later where others want the CPU. So the end is something that comes.
    /// </summary>
    private static readonly Action End = () => { };

    private readonly BlockingCollection<Action> _writes = [];

    /// <summary>Adds a write, from any thread.</summary>
    public void Add(Action write) => _writes.Add(write);

    /// <summary>Has a question answered on the pipeline's thread, in its turn among the writes.</summary>
    /// <param name="stopped">Cancelled when the pipeline is stopped.</param>
    public Task<T> AskAsync<T>(Func<T> question, CancellationToken stopped)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(() =>
        {
            try
            {
                answer.SetResult(question());
            }
            catch (PipelineStoppedException)
            {
                answer.SetCanceled(stopped);
                throw;
            }
            catch (Exception refusal)
            {
                answer.SetException(refusal);
                throw;
            }
        });
        return answer.Task;
    }

    /// <summary>The work has ended: there is nothing more to come.</summary>
    public void Complete()
    {
        _writes.Add(End);
        _writes.CompleteAdding();
    }

    /// <summary>
    /// Runs the writes until the work has ended. One that throws (the pipeline was stopped, or an error preference says stop) is the end of
    /// the work, and the others are still run: the work may be taking back what it started. Then its exception is thrown.
    /// </summary>
    /// <param name="refused">Ends the work.</param>
    public void RunAll(Action refused)
    {
        ExceptionDispatchInfo? refusal = null;
        foreach (var write in _writes.GetConsumingEnumerable().TakeWhile(write => write != End))
        {
            try
            {
                write();
            }
            catch (Exception exception)
            {
                refusal ??= ExceptionDispatchInfo.Capture(exception);
                refused();
            }
        }

        refusal?.Throw();
    }

    /// <inheritdoc/>
    public void Dispose() => _writes.Dispose();
}
