using System.Collections.Concurrent;
using PisaHpc.Nodes;
using PisaHpc.Unit.Nodes;

namespace PisaHpc.Bench;

/// <summary>
/// Connections to nodes that are in this process: each answers what a job's start and stop ask of it as a node does, after the time that
/// the model gives. The caller's own work is real: all but ssh and HTTP.
/// </summary>
internal sealed class SimulatedNodes(NodeModel model) : INodeConnector, IDisposable
{
    private static readonly string Facts = "--- missing\n\n--- cpus\n64\n--- boot\nfirst\n--- tcp\n--- devices\n";

    private readonly ConcurrentDictionary<string, Task<INodeConnection>> _connections = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _cores = new(model.Cores);
    private int _commands;

    /// <summary>The commands that nodes were asked to run.</summary>
    public int Commands => _commands;

    /// <summary>The nodes that are not as they should be: 0 for one that fails, 1 for a slow one, 2 for one that says nothing.</summary>
    public IReadOnlyDictionary<string, int> Faults { get; init; } = new Dictionary<string, int>();

    public Task<INodeConnection> ConnectAsync(string node, CancellationToken cancellationToken) =>
        _connections.GetOrAdd(node, OpenAsync).WaitAsync(cancellationToken);

    /// <summary>Lets a node's time pass. Where nodes share CPUs, its work waits for one of them.</summary>
    public async Task PassAsync(string node, double seconds, CancellationToken cancellationToken)
    {
        var factor = Faults.TryGetValue(node, out var fault) && fault == 1 ? 10 : 1;
        if (fault == 2)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        await Task.Delay(TimeSpan.FromSeconds(seconds * factor * (1 - model.Work)), cancellationToken);
        if (model.Work > 0)
        {
            await _cores.WaitAsync(cancellationToken);
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds * factor * model.Work), cancellationToken);
            }
            finally
            {
                _cores.Release();
            }
        }
    }

    public void Dispose() => _cores.Dispose();

    private async Task<INodeConnection> OpenAsync(string node)
    {
        var fails = Faults.TryGetValue(node, out var fault) && fault == 0;
        await PassAsync(fails ? "" : node, fault == 2 ? 0 : model.Connect, CancellationToken.None);
        return fails
            ? throw new HpcException(ErrorId.NodeUnreachable, $"Node {node} does not answer: Connection refused", node)
            : new SimulatedNode(this, node);
    }

    private async Task<NodeCommandResult> AnswerAsync(string node, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _commands);
        var (seconds, output) = arguments.ElementAtOrDefault(3) switch
        {
            "Containers/node-facts.sh" => (model.Survey, Facts),
            "Access/Ssh/job-directory-write.sh" => (model.Write, "changed"),
            "Access/Ssh/job-directory-remove.sh" => (model.Write, "removed"),
            "Access/Ssh/readiness.sh" => (model.Ready, ""),
            "Containers/control-groups.sh" => (0.0, Limits(node, arguments[5])),
            var other => throw new InvalidOperationException($"No simulated node knows {other}."),
        };
        await PassAsync(node, seconds, cancellationToken);
        return FakeCluster.Result(0, output);
    }

    /// <summary>The kernel holds a container to what its engine was asked for: the slots' CPUs.</summary>
    private string Limits(string node, string id) =>
        $"{id}.cgroup\t/sys/fs/cgroup/c\n{id}.quota\t{CpusOf(node) * 100_000}\n{id}.period\t100000\nend\t1\n";

    /// <summary>The CPUs that a node's container was made with.</summary>
    public required Func<string, double> CpusOf { private get; init; }

    private sealed class SimulatedNode(SimulatedNodes nodes, string node) : INodeConnection
    {
        public string Node => node;

        public Task<NodeCommandResult> RunAsync(
            IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
            nodes.AnswerAsync(node, arguments, cancellationToken);

        public Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"No simulated node starts {ShellQuoting.Join(arguments)}.");
    }
}
