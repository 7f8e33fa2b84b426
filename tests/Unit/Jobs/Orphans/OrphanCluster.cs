using PisaHpc.Batch;
using PisaHpc.Engines;
using PisaHpc.Jobs.Orphans;
using PisaHpc.Unit.Containers;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Unit.Jobs.Orphans;

/// <summary>A cluster in memory with jobs that Slurm granted, and a Slurm that knows what a test says.</summary>
internal sealed class OrphanCluster : IDisposable
{
    /// <summary>Later than anything that a test makes.</summary>
    public static readonly DateTimeOffset Now = new(2126, 11, 29, 8, 0, 0, TimeSpan.Zero);

    public JobCluster Jobs { get; } = new();

    /// <summary>What Slurm knows; empty: nothing.</summary>
    public Dictionary<string, JobStanding> Known { get; } = [];

    /// <summary>How Slurm answers; by default with what it knows.</summary>
    public Func<Task<JobCensus>> OnAsk { get; set; }

    /// <summary>What nodes show of jobs.</summary>
    public IJobEvidence Evidence { get; set; } = BatchSystems.EvidenceOf(Scheduler.Slurm);

    /// <summary>How often Slurm was asked.</summary>
    public int Questions { get; private set; }

    /// <summary>The nodes that failed.</summary>
    public List<string> Failed { get; } = [];

    public OrphanCluster()
    {
        OnAsk = () => Task.FromResult(Census(Now));
        Jobs.OnFailure = failure => Failed.Add(failure.Node);
    }

    /// <summary>What Slurm calls its cluster.</summary>
    public string? Name { get; set; } = "lab";

    /// <summary>What it knows, at a time.</summary>
    public JobCensus Census(DateTimeOffset time) => new(time, id => Known.GetValueOrDefault(id))
    {
        Cluster = Name,
        Running = [.. Known.Where(job => job.Value.Nodes.Count > 0).Select(job => job.Key)],
    };

    private Cluster Cluster => Jobs.Nodes.Cluster with { Failed = failure => Failed.Add(failure.Node) };

    /// <summary>The cluster that grants the jobs that are started.</summary>
    public string? Granting { get; set; } = "lab";

    /// <summary>Starts a job that Slurm granted; without nodes on o2wn01 and o2wn02.</summary>
    public async Task StartAsync(string jobId = "42", Scheduler system = Scheduler.Slurm, params string[] nodes)
    {
        var allocation = PlanRequests.Allocation with { JobId = jobId, BatchSystem = system, Cluster = Granting };
        if (nodes.Length > 0)
        {
            allocation = allocation with { Nodes = [.. nodes.Select(node => new AllocatedNode(node, 8))] };
        }

        var request = JobCluster.With(containers => containers with { Allocation = allocation });
        await Jobs.Starter.StartAsync(request, _ => Task.CompletedTask, CancellationToken.None);
    }

    public static JobStanding EndedSince(int seconds, string state = "COMPLETED") =>
        new() { State = state, Outcome = BatchOutcome.Completed, EndedAt = Now.AddSeconds(-seconds) };

    public static JobStanding Lives(string state = "RUNNING", params string[] nodes) => new() { State = state, Nodes = nodes };

    public Task<OrphanFindings> FindAsync(Func<OrphanSearch, OrphanSearch>? change = null)
    {
        var search = new OrphanSearch
        {
            System = Scheduler.Slurm,
            Evidence = Evidence,
            AskAsync = _ =>
            {
                Questions++;
                return OnAsk();
            },
            RunDirectory = "/run/pisahpc",
            Nodes = ["o2wn01", "o2wn02", "o2wn03"],
        };
        return new OrphanFinder(Cluster, Jobs.Ports.Area, change?.Invoke(search) ?? search).FindAsync(CancellationToken.None);
    }

    public Task<OrphanFindings> FindNamedAsync(params string[] jobIds) =>
        FindAsync(search => search with { JobIds = jobIds.ToHashSet(StringComparer.Ordinal), IsByName = true });

    /// <summary>A job's containers end, as by hand.</summary>
    public void EndContainers(params string[] nodes)
    {
        foreach (var engine in nodes.Select(Jobs.Nodes.EngineOf))
        {
            Assert.NotEmpty(engine.Containers);
            engine.Containers.ToList().ForEach(container => engine.Exit(container.Id, 0));
        }
    }

    public Task<OrphanFindings> FindOfEarlierBootAsync(string node) =>
        new EarlierBoot(Cluster, Jobs.Ports.Area, Scheduler.Slurm, BatchSystems.EvidenceOf(Scheduler.Slurm)).FindAsync(
            node, "/run/pisahpc", CancellationToken.None);

    public OrphanRemover Remover => new(Cluster, Jobs.Ports.Area, BatchSystems.EvidenceOf(Scheduler.Slurm), TimeSpan.Zero)
    {
        Recorder = Jobs.Recorder,
    };

    /// <summary>Takes away what was found.</summary>
    public async Task<IReadOnlyList<HpcOrphan?>> RemoveAsync(OrphanFindings findings)
    {
        var remover = Remover;
        var removed = new List<HpcOrphan?>();
        foreach (var found in findings.Orphans)
        {
            removed.Add(await remover.RemoveAsync(found, CancellationToken.None));
        }

        return removed;
    }

    /// <summary>What is left, each once in words.</summary>
    public IReadOnlyList<string> Leftovers() =>
    [
        .. Jobs.Leftovers(),
        .. Jobs.Nodes.EngineOf("o2wn03").Containers.Select(container => $"o2wn03: container {container.Name}"),
    ];

    /// <summary>How many times something on nodes was changed.</summary>
    public int Changes => Jobs.Nodes.Calls.Count(call => call.Step is FakeStep.Stop or FakeStep.Remove
        || call.Subject.Contains("job-directory-remove.sh", StringComparison.Ordinal));

    public void Dispose() => Jobs.Dispose();
}
