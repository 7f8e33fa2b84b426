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
    private readonly ConcurrentDictionary<string, bool> _directories = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _cores = new(model.Cores);
    private int _commands;

    /// <summary>The commands that nodes were asked to run.</summary>
    public int Commands => _commands;

    /// <summary>The nodes that are not as they should be.</summary>
    public IReadOnlyDictionary<string, NodeFault> Faults { get; init; } = new Dictionary<string, NodeFault>();

    /// <summary>The CPUs that a node's container was made with.</summary>
    public required Func<string, double> CpusOf { private get; init; }

    /// <summary>Whether a node has the job's directory, or some of it.</summary>
    public bool HasDirectory(string node) => _directories.ContainsKey(node);

    public Task<INodeConnection> ConnectAsync(string node, CancellationToken cancellationToken) =>
        _connections.GetOrAdd(node, OpenAsync).WaitAsync(cancellationToken);

    /// <summary>A step of a node's engine.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.EngineUnavailable"/>: it is the one in which the node fails.</exception>
    public async Task AskEngineAsync(string node, NodeStep step, CancellationToken cancellationToken)
    {
        if (!await PassAsync(node, step, cancellationToken))
        {
            throw new HpcException(ErrorId.EngineUnavailable, $"The engine on {node} has ended.", node);
        }
    }

    public void Dispose() => _cores.Dispose();

    /// <summary>Lets a node's time pass. Where nodes share CPUs, its work waits for one of them.</summary>
    /// <returns>Whether the node does not fail.</returns>
    private async Task<bool> PassAsync(string node, NodeStep step, CancellationToken cancellationToken)
    {
        var fault = Faults.TryGetValue(node, out var one) && one.Step == step ? one.Kind : FaultKind.None;
        if (fault == FaultKind.Silent)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        var seconds = model.SecondsOf(step) * (fault == FaultKind.Slow ? NodeFault.SlowFactor : 1);
        await Task.Delay(TimeSpan.FromSeconds(seconds * model.Idle), cancellationToken);
        if (model.Work > 0)
        {
            await _cores.WaitAsync(cancellationToken);
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds * model.Work), cancellationToken);
            }
            finally
            {
                _cores.Release();
            }
        }

        return fault != FaultKind.Fails;
    }

    private async Task<INodeConnection> OpenAsync(string node) => await PassAsync(node, NodeStep.Connect, CancellationToken.None)
        ? new SimulatedNode(this, node)
        : throw new HpcException(ErrorId.NodeUnreachable, $"Node {node} does not answer: Connection refused", node);

    private async Task<NodeCommandResult> AnswerAsync(string node, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _commands);
        var (step, output) = arguments.ElementAtOrDefault(3) switch
        {
            "Containers/node-facts.sh" => (NodeStep.Survey, Facts),
            "Access/Ssh/job-directory-write.sh" => (NodeStep.Write, "changed"),
            "Access/Ssh/job-directory-remove.sh" => (NodeStep.RemoveAccess, "removed"),
            "Access/Ssh/readiness.sh" => (NodeStep.Ready, ""),
            "Containers/control-groups.sh" => (NodeStep.None, Limits(node, arguments[5])),
            var other => throw new InvalidOperationException($"No simulated node knows {other}."),
        };

        // A node that fails or says nothing has written some of it, for all that anybody knows.
        if (step == NodeStep.Write)
        {
            _directories[node] = true;
        }

        if (step != NodeStep.None && !await PassAsync(node, step, cancellationToken))
        {
            return FakeCluster.Result(1, error: "No space left on device");
        }

        if (step == NodeStep.RemoveAccess)
        {
            _directories.TryRemove(node, out _);
        }

        return FakeCluster.Result(0, output);
    }

    /// <summary>The kernel holds a container to what its engine was asked for: the slots' CPUs.</summary>
    private string Limits(string node, string id) =>
        $"{id}.cgroup\t/sys/fs/cgroup/c\n{id}.quota\t{CpusOf(node) * 100_000}\n{id}.period\t100000\nend\t1\n";

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
