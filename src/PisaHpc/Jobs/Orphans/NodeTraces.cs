using PisaHpc.Access.Ssh;
using PisaHpc.Batch;
using PisaHpc.Containers;
using PisaHpc.Containers.Placed;
using PisaHpc.Engines;

namespace PisaHpc.Jobs.Orphans;

/// <summary>What a node has of jobs, and which of them the batch system runs there.</summary>
internal sealed class NodeTraces(string node)
{
    /// <summary>The node.</summary>
    public string Node => node;

    /// <summary>Whether the node said which jobs the batch system runs there.</summary>
    public bool HasTold { get; private set; }

    /// <summary>The jobs that the batch system runs something of there.</summary>
    public IReadOnlyList<RunningJob> Running { get; private set; } = [];

    /// <summary>The jobs' directories.</summary>
    public IReadOnlyList<JobDirectoryEntry> Directories { get; private set; } = [];

    /// <summary>What hooks have written down of jobs' runs.</summary>
    public IReadOnlyList<HookRecord> Records { get; private set; } = [];

    /// <summary>
    /// The jobs' containers, and what is placed into static environments' as <see cref="PlacedJob.ToContainer"/> has it; static
    /// environments themselves, and what others made, are none.
    /// </summary>
    public IReadOnlyList<EngineContainer> Containers { get; private set; } = [];

    /// <summary>The jobs that are placed into static environments' containers.</summary>
    public IReadOnlyList<PlacedJob> Placed { get; private set; } = [];

    /// <summary>Reads them. What was read before a failure stays read: keys are found though the engine be down.</summary>
    /// <param name="runDirectory">Where jobs' directories are.</param>
    /// <param name="withRecords">Whether hooks' records are wanted: they take a command of their own.</param>
    public async Task ReadAsync(
        Cluster cluster, string runDirectory, IJobEvidence evidence, bool withRecords, CancellationToken cancellationToken)
    {
        var connection = await cluster.Nodes.ConnectAsync(node, cancellationToken);
        Running = await evidence.FindRunningAsync(connection, cancellationToken);
        HasTold = true;
        Directories = await JobDirectory.ListAsync(connection, runDirectory, cancellationToken);
        Records = withRecords ? await HookRecord.ListAsync(connection, runDirectory, cancellationToken) : [];
        Placed = await new PlacedJobs(connection, runDirectory).ListAsync(cancellationToken);
        Containers = [.. Placed.Select(job => job.ToContainer())];
        var engine = await cluster.Engines.ConnectAsync(node, cancellationToken);
        Containers =
        [
            .. Containers,
            .. (await engine.ListAsync(ContainerLabels.Filter(), cancellationToken))
                .Where(container => JobIds.IsValid(container.Labels.GetValueOrDefault(ContainerLabels.Job)))
        ];
    }
}
