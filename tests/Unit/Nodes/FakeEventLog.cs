using System.Runtime.CompilerServices;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Nodes;

/// <summary>What happened to the containers of a fake engine, for whoever listens.</summary>
internal sealed class FakeEventLog
{
    private readonly Lock _lock = new();
    private readonly List<ContainerEvent> _events = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(EngineContainer container, ContainerEventKind kind)
    {
        lock (_lock)
        {
            var code = kind == ContainerEventKind.Died ? container.ExitCode : null;
            _events.Add(new ContainerEvent(DateTimeOffset.UtcNow, kind, container.Id, container.Name, code, container.Labels));
            _next.SetResult();
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public async IAsyncEnumerable<ContainerEvent> ReadAsync(
        DateTimeOffset? since, Func<ContainerEvent, bool> wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var read = since is null ? After(0).Events.Count : 0; ;)
        {
            var (events, next) = After(read);
            foreach (var told in events.Where(told => (since is null || told.Time >= since) && wanted(told)))
            {
                yield return told;
            }

            read += events.Count;
            await next.WaitAsync(cancellationToken);
        }
    }

    private (List<ContainerEvent> Events, Task Next) After(int read)
    {
        lock (_lock)
        {
            return ([.. _events.Skip(read)], _next.Task);
        }
    }
}
