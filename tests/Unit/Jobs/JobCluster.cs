using System.Formats.Tar;
using System.Globalization;
using System.Text;
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
    private readonly Dictionary<string, int> _directories = [];
    private int _inode = 100;

    public JobCluster() => Nodes.OnRun = Answer;

    public FakeCluster Nodes { get; } = new();

    public TestArea Ports { get; } = new();

    /// <summary>Whether logins by the job's key work on a node.</summary>
    public HashSet<string> Deaf { get; } = [];

    /// <summary>Paths that the nodes do not have.</summary>
    public HashSet<string> Missing { get; } = [];

    /// <summary>The jobs of which a batch system runs something, with their nodes: <c>42@o2wn01</c>.</summary>
    public HashSet<string> Running { get; } = [];

    /// <summary>What nodes' hooks have written down, with its identity: <c>o2wn01:.slurm/42.0=7</c>.</summary>
    public HashSet<string> HookRecords { get; } = [];

    /// <summary>The boot of every node.</summary>
    public string Boot { get; set; } = "first";

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
            Warn = Warn,
            TakenBack = TakenBack,
        };

    /// <summary>What starts took back; all of them count as interrupted.</summary>
    public TakenBack TakenBack { get; } = new(new CancellationToken(canceled: true));

    /// <summary>Told of what a start goes without.</summary>
    public Action<string> Warn { get; set; } = words => Assert.Fail(words);

    /// <summary>How long a stop waits for whoever starts the job.</summary>
    public TimeSpan StopPatience { get; set; } = TimeSpan.FromMinutes(2);

    public JobStopper Stopper =>
        new(Nodes.Cluster with { Failed = OnFailure }, Ports.Area) { Patience = StopPatience, Recorder = Recorder };

    /// <summary>Writes down how jobs end; null where no records are kept.</summary>
    public JobRecorder? Recorder { get; set; }

    /// <summary>What the kernel counted in the containers' groups of each node, as control-groups.sh prints it after an id and a dot.</summary>
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

    /// <summary>Has a node hold a job's directory.</summary>
    public void AddDirectory(string node, string jobId) => LookInDirectories(all => all[$"{node}:/run/pisahpc/{jobId}"] = ++_inode);

    /// <summary>Has a node lose a job's directory.</summary>
    public void RemoveDirectory(string node, string jobId) => LookInDirectories(all => all.Remove($"{node}:/run/pisahpc/{jobId}"));

    /// <summary>Everything that is left of any job, in words; empty when all is clean.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        lock (_directories)
        {
            return
            [
                .. NodeNames.SelectMany(node => Nodes.EngineOf(node).Containers.Select(container => $"{node}: container {container.Name}")),
                .. _directories.Keys.Select(directory => $"directory {directory}"),
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

    /// <summary>The jobs that nodes have in static environments, as the module's script lists them.</summary>
    public Dictionary<string, string> Placed { get; } = [];

    /// <summary>What was asked of the script that ends those: the node, the job, the owner, the seconds, the identity.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Ended { get; } = [];

    private NodeCommandResult Answer(string node, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input)
    {
        switch (arguments.ElementAtOrDefault(3))
        {
            case null when arguments[0] == "cat":
                return FakeCluster.Result(0, Boot + "\n");
            case "Batch/Slurm/running-jobs.sh":
                var running = Running.Select(at => at.Split('@')).Where(at => at[1] == node).Select(at => $"running.{at[0]}\t1\n");
                return FakeCluster.Result(0, string.Concat(running) + "end\t1\n");
            case "Jobs/Orphans/hook-records.sh":
                lock (HookRecords)
                {
                    HookRecords.ExceptWith(arguments.Skip(5).Select(judged => $"{node}:{judged}"));
                    var records = HookRecords.Where(record => record.StartsWith(node + ":", StringComparison.Ordinal));
                    return FakeCluster.Result(
                        0, string.Concat(records.Select(record => $"record.{record[(node.Length + 1)..].Replace('=', '\t')}\n")) + "end\t1\n");
                }

            case "Access/Ssh/job-directory-list.sh":
                return new(0, LookInDirectories(all => ListOf(all.Where(at => at.Key.StartsWith(node + ":", StringComparison.Ordinal)))), "");
            case "Containers/node-facts.sh":
                return FakeCluster.Result(0, $"--- missing\n{string.Join('\n', Missing)}\n--- cpus\n64\n--- boot\n{Boot}\n--- tcp\n--- devices\n");
            case "Access/Agent/put-program.sh":
            case "Containers/Placed/placed-end.sh":
                Ended.Enqueue($"{node} {string.Join(' ', arguments.Skip(5))}");
                return FakeCluster.Result(0, Placed.ContainsKey(node) ? $"/run/pisahpc/.static/cs7/{arguments[5]}\n" : "");
            case "Containers/Placed/placed-list.sh":
                return FakeCluster.Result(0, Placed.GetValueOrDefault(node) + "end\n");
            case "Containers/control-groups.sh":
                IEnumerable<string> counted = [.. Counters.GetValueOrDefault(node, []), .. LimitsOn(node)];
                return FakeCluster.Result(0, string.Concat(from id in arguments.Skip(5) from line in counted select $"{id}.{line}\n") + "end\t1\n");
            case "Access/Agent/enter.sh":
            case "Access/Ssh/readiness.sh":
                return Deaf.Contains(node) ? FakeCluster.Result(1, "Connection refused") : FakeCluster.Result(0);
            case "Access/Ssh/job-directory-write.sh":
                return InDirectories(all => all.TryAdd($"{node}:{arguments[4]["write:".Length..]}", ++_inode) ? "changed" : "same");
            case "Access/Ssh/job-directory-remove.sh" when arguments.Count > 7 && Placed.ContainsKey(node):
                return FakeCluster.Result(0, "kept");
            case "Access/Ssh/job-directory-remove.sh":
                return LookInDirectories(all => Remove(all, $"{node}:{arguments[4]}", arguments.ElementAtOrDefault(5) is { Length: > 0 } id ? id : null));
            case var other:
                throw new InvalidOperationException($"No node of this cluster knows {other}.");
        }
    }

    /// <summary>The kernel holds the node's containers to what the engine was asked for.</summary>
    private IEnumerable<string> LimitsOn(string node) => Nodes.EngineOf(node).Created.LastOrDefault() is not { } spec ? [] :
    [
        "cgroup\t/sys/fs/cgroup/c",
        string.Create(CultureInfo.InvariantCulture, $"limit\t{spec.MemoryBytes}"),
        string.Create(CultureInfo.InvariantCulture, $"quota\t{spec.Cpus * 100_000}"),
        "period\t100000",
    ];

    private static NodeCommandResult Remove(Dictionary<string, int> all, string directory, string? identity) =>
        identity is not null && all.GetValueOrDefault(directory).ToString(CultureInfo.InvariantCulture) != identity
            && (identity == "0" || all.ContainsKey(directory))
            ? FakeCluster.Result(70, error: $"{directory} is another one than was looked at")
            : FakeCluster.Result(0, all.Remove(directory) ? "removed" : "absent");

    private NodeCommandResult InDirectories(Func<Dictionary<string, int>, string> change) =>
        FakeCluster.Result(0, LookInDirectories(change));

    private T LookInDirectories<T>(Func<Dictionary<string, int>, T> look)
    {
        lock (_directories)
        {
            return look(_directories);
        }
    }

    /// <summary>Directories without anything in them, as the module's script lists them.</summary>
    private static byte[] ListOf(IEnumerable<KeyValuePair<string, int>> directories)
    {
        using var stream = new MemoryStream();
        stream.Write(Encoding.ASCII.GetBytes(string.Concat(directories.Select(one => $"{one.Value} {Path.GetFileName(one.Key)}\n")) + "\n"));
        using (var writer = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (directory, _) in directories)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, Path.GetFileName(directory) + "/"));
            }
        }

        return stream.ToArray();
    }

    private sealed class FixedKeys : IJobKeyGenerator
    {
        public JobKeys Make() => Sample.Keys;

        public JobKeyPair? Read(string privateKey) => null;
    }
}
