using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace PisaHpc.Module.Base;

/// <summary>What asynchronous work has to write, in order, for the pipeline's thread to write it.</summary>
internal sealed class PipelineWrites : IDisposable
{
    private readonly BlockingCollection<Action> _writes = [];

    /// <summary>Adds a write, from any thread.</summary>
    public void Add(Action write) => _writes.Add(write);

    /// <summary>The work has ended: there is nothing more to come.</summary>
    public void Complete() => _writes.CompleteAdding();

    /// <summary>
    /// Runs the writes until the work has ended. One that throws (the pipeline was stopped, or an error preference says stop) is the end of
    /// the work, and the others are still run: the work may be taking back what it started. Then its exception is thrown.
    /// </summary>
    /// <param name="refused">Ends the work.</param>
    public void RunAll(Action refused)
    {
        ExceptionDispatchInfo? refusal = null;
        foreach (var write in _writes.GetConsumingEnumerable())
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
