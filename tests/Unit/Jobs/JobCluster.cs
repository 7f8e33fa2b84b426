using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Jobs;
using PisaHpc.Jobs.Records;
using PisaHpc.Nodes;
using PisaHpc.Ports;
using PisaHpc.Tracing;
using PisaHpc.Unit.Access.Ssh;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;
using PisaHpc.Unit.Ports;

namespace PisaHpc.Unit.Jobs;

/// <summary>A cluster in memory with a real port area, whose nodes answer what a job's start and stop ask of them.</summary>
internal sealed class JobCluster : IDisposable
{
    private readonly HashSet<string> _directories = [];

    public JobCluster() => Nodes.OnRun = Answer;

    public FakeCluster Nodes { get; } = new();

    public TestArea Ports { get; } = new();

    /// <summary>Whether logins by the job's key work on a node.</summary>
    public HashSet<string> Deaf { get; } = [];

    /// <summary>Paths that the nodes do not have.</summary>
    public HashSet<string> Missing { get; } = [];

    /// <summary>Told of each phase of what is followed.</summary>
    public Action<PhaseReport> OnPhase { get; set; } = _ => { };

    /// <summary>How long taking a job back from a node may last.</summary>
    public TimeSpan RollbackLimit { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a node may take when a job is started.</summary>
    public TimeSpan NodeTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Told of each node that a stop could not clean.</summary>
    public Action<NodeFailure> OnFailure { get; set; } = FakeCluster.Unexpected;

    public JobStarter Starter => StarterIn(Ports.Area);

    public JobStarter StarterIn(PortArea area) =>
        new(Nodes.Cluster with { NodeTimeout = NodeTimeout }, new FixedKeys(), area)
        {
            RollbackLimit = RollbackLimit,
            Recorder = Recorder,
        };

    /// <summary>How long a stop waits for whoever starts the job.</summary>
    public TimeSpan StopPatience { get; set; } = TimeSpan.FromMinutes(2);

    public JobStopper Stopper =>
        new(Nodes.Cluster with { Failed = OnFailure }, Ports.Area) { Patience = StopPatience, Recorder = Recorder };

    /// <summary>Writes down how jobs end; null where no records are kept.</summary>
    public JobRecorder? Recorder { get; set; }

    /// <summary>What the kernel counted in the containers' groups of each node, as memory-counters.sh prints it after an id and a dot.</summary>
    public Dictionary<string, IReadOnlyList<string>> Counters { get; } = [];

    public JobFinder Finder => new(Nodes.Cluster, Ports.Area);

    public static JobRequest Request() => new()
    {
        Containers = new AllocationPlanRequest { Allocation = PlanRequests.Allocation, Environment = PlanRequests.Environment },
        RunDirectory = "/run/pisahpc",
        TimeToLive = TimeSpan.FromHours(1),
    };

    /// <summary>The same job, requeued on another node.</summary>
    public static JobRequest Request(string node) =>
        With(containers => containers with { Allocation = PlanRequests.Allocation with { Nodes = [new AllocatedNode(node, 8)] } });

    /// <summary>The same job with containers of another kind.</summary>
    public static JobRequest With(Func<AllocationPlanRequest, AllocationPlanRequest> change) =>
        Request() with { Containers = change(Request().Containers) };

    public static IReadOnlyList<string> NodeNames => [.. PlanRequests.Allocation.Nodes.Select(node => node.Name)];

    /// <summary>Everything that is left of any job, in words; empty when all is clean.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        lock (_directories)
        {
            return
            [
                .. NodeNames.SelectMany(node => Nodes.EngineOf(node).Containers.Select(container => $"{node}: container {container.Name}")),
                .. _directories.Select(directory => $"directory {directory}"),
                .. Ports.Area.List().Select(lease => $"lease {lease.Port}"),
            ];
        }
    }

    /// <summary>Does something as a command's run does, and tells of its phases.</summary>
    public async Task FollowAsync(Func<Task> work)
    {
        using var run = new TracedRun("Test-It", report => OnPhase(report));
        await run.RunAsync(work);
    }

    public void Dispose() => Ports.Dispose();

    private NodeCommandResult Answer(string node, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input)
    {
        switch (arguments[3])
        {
            case "Containers/node-facts.sh":
                return FakeCluster.Result(0, $"--- missing\n{string.Join('\n', Missing)}\n--- cpus\n64\n--- tcp\n--- devices\n");
            case "Containers/memory-counters.sh":
                var counted = Counters.GetValueOrDefault(node, []);
                return FakeCluster.Result(0, string.Concat(from id in arguments.Skip(5) from line in counted select $"{id}.{line}\n") + "end\t1\n");
            case "Access/Ssh/readiness.sh":
                return Deaf.Contains(node) ? FakeCluster.Result(1, "Connection refused") : FakeCluster.Result(0);
            case "Access/Ssh/job-directory-write.sh":
                return InDirectories(all => all.Add($"{node}:{arguments[4]["write:".Length..]}") ? "changed" : "same");
            case "Access/Ssh/job-directory-remove.sh":
                return InDirectories(all => all.Remove($"{node}:{arguments[4]}") ? "removed" : "absent");
            case var other:
                throw new InvalidOperationException($"No node of this cluster knows {other}.");
        }
    }

    private NodeCommandResult InDirectories(Func<HashSet<string>, string> change)
    {
        lock (_directories)
        {
            return FakeCluster.Result(0, change(_directories));
        }
    }

    private sealed class FixedKeys : IJobKeyGenerator
    {
        public JobKeys Make() => Sample.Keys;

        public JobKeyPair? Read(string privateKey) => null;
    }
}
