using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using PisaHpc.Engines;

namespace PisaHpc.Unit.Nodes;

/// <summary>A container engine in memory, as far as the module asks one.</summary>
public sealed class FakeEngine : IContainerEngine
{
    private readonly FakeCluster _cluster;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _ends = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EngineContainer> _containers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ContainerSpec> _specifications = new(StringComparer.Ordinal);
    private readonly FakeEventLog _events = new();
    private int _created;

    internal FakeEngine(FakeCluster cluster, string node)
    {
        _cluster = cluster;
        Node = node;
        Store = new FakeImageStore(cluster, node);
    }

    public string Node { get; }

    public IEngineAdministration Administration => KnownEngines.Default;

    public EngineInfo Info => new("20.10.24", "1.41");

    /// <summary>The node's images as a list.</summary>
    public FakeImageStore Store { get; }

    IImageStore IContainerEngine.Images => Store;

    IExecutions IContainerEngine.Executions => new FakeExecutions(_cluster, this);

    /// <summary>What the engine says of itself.</summary>
    public EngineDetails Details { get; set; } = new() { Images = 0, RootDirectory = "/var/lib/docker", StorageDriver = "overlay2" };

    /// <summary>The log of every container.</summary>
    public IReadOnlyList<EngineLogLine> Log { get; set; } = [];

    /// <summary>What every running container uses.</summary>
    public ContainerUsage Usage { get; set; } = new() { Time = DateTimeOffset.UnixEpoch };

    /// <summary>What an inspection says beside what was asked for.</summary>
    public Func<ContainerInspection, ContainerInspection> Inspected { get; set; } = inspection => inspection;

    /// <summary>Whether a log that is followed goes on until its container ends.</summary>
    public bool FollowsLogs { get; set; } = true;

    /// <summary>The specifications of everything that was created.</summary>
    public ConcurrentQueue<ContainerSpec> Created { get; } = new();

    /// <summary>The containers there are.</summary>
    public IReadOnlyList<EngineContainer> Containers => [.. _containers.Values];

    /// <summary>Puts a container there that the module did not create.</summary>
    public void Add(EngineContainer container) => _containers[container.Id] = container;

    /// <summary>Ends a container's main process.</summary>
    public void Exit(string id, int exitCode, bool outOfMemory = false)
    {
        _containers[id] = Require(id) with { State = ContainerState.Exited, ExitCode = exitCode, OutOfMemory = outOfMemory };
        Tell(id, outOfMemory ? [ContainerEventKind.OutOfMemory, ContainerEventKind.Died] : [ContainerEventKind.Died]);
        EndOf(id).TrySetResult();
    }

    /// <summary>Pauses a container, as an admin does.</summary>
    public void Pause(string id) => _containers[id] = Require(id) with { State = ContainerState.Paused };

    public async Task<EngineDetails> DescribeAsync(CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Describe, "", cancellationToken);
        return Details;
    }

    public async Task<string> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Create, spec.Name, cancellationToken);
        if (FindByName(spec.Name) is not null)
        {
            throw new HpcException(ErrorId.PlanConflict, $"The engine on {Node}: the name {spec.Name} is in use", Node);
        }

        if (Store.Get(spec.Image) is not { } image)
        {
            throw new HpcException(ErrorId.ImageNotFound, $"The engine on {Node}: No such image: {spec.Image}", Node);
        }

        var id = Interlocked.Increment(ref _created).ToString("x64", System.Globalization.CultureInfo.InvariantCulture);
        Created.Enqueue(spec);
        _specifications[id] = spec;
        Add(new EngineContainer
        {
            Id = id,
            Name = spec.Name,
            Image = spec.Image,
            ImageId = image.Id,
            State = ContainerState.Created,
            CreatedAt = DateTimeOffset.UtcNow,
            Labels = spec.Labels,
        });
        Tell(id, ContainerEventKind.Created);
        return id;
    }

    public async Task StartAsync(string id, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Start, id, cancellationToken);
        var container = Require(id);
        _containers[container.Id] = container with { State = ContainerState.Running, StartedAt = DateTimeOffset.UtcNow };
        _ends.TryRemove(container.Id, out _);
        Tell(container.Id, ContainerEventKind.Started);
    }

    public async Task RestartAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Restart, id, cancellationToken);
        var container = Require(id);
        if (container.State == ContainerState.Running)
        {
            Exit(container.Id, 143);
        }

        await StartAsync(container.Id, cancellationToken);
    }

    public async Task UnpauseAsync(string id, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Unpause, id, cancellationToken);
        var container = Require(id);
        _containers[container.Id] = container.State == ContainerState.Paused
            ? container with { State = ContainerState.Running }
            : throw new HpcException(ErrorId.NodeCommandFailed, $"The engine on {Node}: Container {id} is not paused", Node);
    }

    public async Task RenameAsync(string id, string name, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Rename, id, cancellationToken);
        var container = Require(id);
        if (FindByName(name) is not null)
        {
            throw new HpcException(ErrorId.PlanConflict, $"The engine on {Node}: the name {name} is in use", Node);
        }

        _containers[container.Id] = container with { Name = name };
        Tell(container.Id, ContainerEventKind.Renamed);
    }

    public async Task UpdateAsync(string id, LimitUpdate limits, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Update, id, cancellationToken);
        var container = Require(id);
        if (_specifications.TryGetValue(container.Id, out var spec))
        {
            _specifications[container.Id] = spec with
            {
                Cpus = limits.Cpus ?? spec.Cpus,
                Cpuset = limits.Cpuset ?? spec.Cpuset,
                MemoryBytes = limits.MemoryBytes ?? spec.MemoryBytes,
                Pids = limits.Pids == -1 ? null : limits.Pids ?? spec.Pids,
                Restart = limits.Restart ?? spec.Restart,
            };
        }

        Tell(container.Id, ContainerEventKind.Updated);
    }

    public async Task<ContainerUsage?> MeasureAsync(string id, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Measure, id, cancellationToken);
        return Require(id).State == ContainerState.Running ? Usage : null;
    }

    public async Task<bool> StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Stop, id, cancellationToken);
        if (Get(id) is not { State: ContainerState.Running } container)
        {
            return false;
        }

        Exit(container.Id, 143);
        return true;
    }

    public Task<IAttachment> AttachAsync(string id, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A container in memory has no process to attach to.");

    public async Task<bool> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Remove, id, cancellationToken);
        if (Get(id) is not { } container || !_containers.TryRemove(container.Id, out _))
        {
            return false;
        }

        EndOf(container.Id).TrySetResult();
        _events.Add(container, ContainerEventKind.Destroyed);
        return true;
    }

    public async Task<EngineContainer?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Find, id, cancellationToken);
        return Get(id);
    }

    public async Task<ContainerSpec?> SpecificationAsync(string id, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.Find, id, cancellationToken);
        return Get(id) is { } container ? _specifications.GetValueOrDefault(container.Id) : null;
    }

    public async Task<ContainerInspection?> InspectAsync(string id, CancellationToken cancellationToken) =>
        await SpecificationAsync(id, cancellationToken) is { } specification
            ? Inspected(new ContainerInspection(Get(id)!, specification) { ProcessId = ProcessOf(Get(id)!) })
            : null;

    public async Task<IReadOnlyList<EngineContainer>> ListAsync(
        IReadOnlyDictionary<string, string?> labels, CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(
            Node, FakeStep.List, string.Join(',', labels.Select(label => $"{label.Key}={label.Value}")), cancellationToken);
        return [.. _containers.Values.Where(container => labels.All(label => Carries(container.Labels, label)))];
    }

    public async IAsyncEnumerable<EngineLogLine> ReadLogAsync(
        string id, LogPart part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.ReadLog, id, cancellationToken);
        Require(id);
        var lines = Log.Where(line => part.Since is null || line.Time >= part.Since);
        foreach (var line in part.Tail is { } count ? lines.TakeLast(count) : lines)
        {
            yield return line;
        }

        if (part.Follow && FollowsLogs && Get(id) is { State: ContainerState.Running } container)
        {
            await EndOf(container.Id).Task.WaitAsync(cancellationToken);
        }
    }

    public async IAsyncEnumerable<ContainerEvent> ReadEventsAsync(
        DateTimeOffset? since,
        IReadOnlyDictionary<string, string?> labels,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _cluster.StepAsync(Node, FakeStep.ReadEvents, "", cancellationToken);
        await foreach (var told in _events.ReadAsync(since, told => labels.All(label => Carries(told.Labels, label)), cancellationToken))
        {
            yield return told;
        }
    }

    /// <summary>Another one for each container: an id is the number of a creation.</summary>
    private static int? ProcessOf(EngineContainer container) => container.State == ContainerState.Running
        ? 4711 + int.Parse(container.Id[^4..], System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture)
        : null;

    private static bool Carries(IReadOnlyDictionary<string, string> labels, KeyValuePair<string, string?> label) =>
        labels.TryGetValue(label.Key, out var value) && (label.Value is null || label.Value == value);

    private void Tell(string id, params ContainerEventKind[] kinds)
    {
        foreach (var kind in kinds)
        {
            _events.Add(Require(id), kind);
        }
    }

    private TaskCompletionSource EndOf(string id) => _ends.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private EngineContainer? Get(string id) => _containers.GetValueOrDefault(id) ?? FindByName(id);

    private EngineContainer? FindByName(string name) => _containers.Values.FirstOrDefault(container => container.Name == name);

    private EngineContainer Require(string id) =>
        Get(id) ?? throw new HpcException(ErrorId.ContainerNotFound, $"The engine on {Node}: No such container: {id}", Node);
}
