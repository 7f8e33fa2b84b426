namespace PisaHpc.Tracing;

/// <summary>
/// Work that one caller begins and others share, such as opening a connection. What it makes lives on, so it runs without the caller's
/// context: its threads and timers would else stay in the activity of whoever came first.
/// </summary>
public static class Detached
{
    /// <summary>Begins work on the thread pool.</summary>
    public static Task RunAsync(Func<Task> work)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(work);
        }
    }

    /// <summary>The same for work with a result.</summary>
    public static Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(work);
        }
    }
}
