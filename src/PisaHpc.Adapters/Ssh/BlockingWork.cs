namespace PisaHpc.Adapters.Ssh;

/// <summary>
/// Runs calls of SSH.NET that block their thread for round trips. Each gets a thread of its own: with many nodes at a time they would
/// hold every thread of the pool, which grows by about two a second.
/// </summary>
internal static class BlockingWork
{
    public static Task RunAsync(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
