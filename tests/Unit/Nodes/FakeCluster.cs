using System.Collections.Concurrent;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Unit.Nodes;

/// <summary>What was asked of a fake node.</summary>
public enum FakeStep
{
    Connect,
    Run,
    StartProcess,
    ConnectEngine,
    Describe,
    FindImage,
    PullImage,
    ImportImage,
    PushImage,
    UntagImage,
    Create,
    Start,
    Stop,
    Remove,
    Find,
    List,
    ReadLog,
    ListImages,
    ResolveImage,
    TagImage,
    Execute,
    Restart,
    Rename,
    Update,
    Measure,
    ReadEvents,
    Unpause,
}

/// <summary>One thing that was asked of a fake node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Step">What.</param>
/// <param name="Subject">The command line, container or image.</param>
public sealed record FakeCall(string Node, FakeStep Step, string Subject);

/// <summary>
/// Nodes and engines in memory: records what is asked of them, keeps containers and images, and fails or waits where a test says so.
/// <code>
/// var cluster = new FakeCluster();
/// cluster.FailOn("o2wn02", FakeStep.Start, new HpcException(ErrorId.LimitRefused, "…", "o2wn02"));
/// cluster.OnRun = (node, arguments, input) => FakeCluster.Result(0, "text");
/// </code>
/// </summary>
public sealed class FakeCluster : INodeConnector, IEngineConnector
{
    private readonly ConcurrentQueue<FakeCall> _calls = new();
    private readonly ConcurrentDictionary<string, FakeEngine> _engines = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Node, FakeStep Step), Func<CancellationToken, Task>> _rules = new();

    /// <summary>These nodes for whoever works on them; none is expected to fail.</summary>
    public Cluster Cluster => new(this, this, Unexpected);

    /// <summary>Everything that was asked, in order.</summary>
    public IReadOnlyList<FakeCall> Calls => [.. _calls];

    /// <summary>Ends a test in which a node fails that should not.</summary>
    public static void Unexpected(NodeFailure failure) => throw new InvalidOperationException($"{failure.Node} failed.", failure.Cause);

    /// <summary>The answer to commands; by default each succeeds and prints nothing.</summary>
    public Func<string, IReadOnlyList<string>, ReadOnlyMemory<byte>, NodeCommandResult> OnRun { get; set; } = (_, _, _) => Result(0);

    /// <summary>The process behind StartAsync; by default none can be started.</summary>
    public Func<string, IReadOnlyList<string>, INodeProcess>? OnStart { get; set; }

    /// <summary>The commands that run in containers; by default each succeeds and prints nothing.</summary>
    public Func<EngineContainer, ExecutionRequest, FakeExecution> OnExecute { get; set; } = (_, _) => FakeExecution.Ended(0);

    /// <summary>What the registry holds: the digest behind each name.</summary>
    public ConcurrentDictionary<string, string> RegistryDigests { get; } = new(StringComparer.Ordinal);

    /// <summary>A command's result.</summary>
    public static NodeCommandResult Result(int exitCode, string output = "", string error = "") =>
        new(exitCode, System.Text.Encoding.UTF8.GetBytes(output), error);

    /// <summary>Makes a step fail on a node, every time.</summary>
    public void FailOn(string node, FakeStep step, Exception failure) => _rules[(node, step)] = _ => Task.FromException(failure);

    /// <summary>Makes a step wait on a node until a task ends, or its token is cancelled.</summary>
    public void HoldOn(string node, FakeStep step, Task until) => _rules[(node, step)] = token => until.WaitAsync(token);

    /// <summary>Does something of the test's own before a step on a node.</summary>
    public void Before(string node, FakeStep step, Func<CancellationToken, Task> action) => _rules[(node, step)] = action;

    /// <summary>The engine of a node.</summary>
    public FakeEngine EngineOf(string node) => _engines.GetOrAdd(node, name => new FakeEngine(this, name));

    async Task<INodeConnection> INodeConnector.ConnectAsync(string node, CancellationToken cancellationToken)
    {
        await StepAsync(node, FakeStep.Connect, "", cancellationToken);
        return new FakeNode(this, node);
    }

    async Task<IContainerEngine> IEngineConnector.ConnectAsync(string node, CancellationToken cancellationToken)
    {
        await StepAsync(node, FakeStep.ConnectEngine, "", cancellationToken);
        return EngineOf(node);
    }

    internal async Task StepAsync(string node, FakeStep step, string subject, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _calls.Enqueue(new FakeCall(node, step, subject));
        if (_rules.TryGetValue((node, step), out var rule))
        {
            await rule(cancellationToken);
        }
    }

    private sealed class FakeNode(FakeCluster cluster, string node) : INodeConnection
    {
        public string Node => node;

        public async Task<NodeCommandResult> RunAsync(
            IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
        {
            await cluster.StepAsync(node, FakeStep.Run, ShellQuoting.Join(arguments), cancellationToken);
            return cluster.OnRun(node, arguments, input);
        }

        public async Task<INodeProcess> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
        {
            await cluster.StepAsync(node, FakeStep.StartProcess, ShellQuoting.Join(arguments), cancellationToken);
            return cluster.OnStart?.Invoke(node, arguments)
                ?? throw new InvalidOperationException($"The test gives no process for: {ShellQuoting.Join(arguments)}");
        }
    }
}
