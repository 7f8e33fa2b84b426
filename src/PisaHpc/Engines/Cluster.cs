using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Engines;

/// <summary>
/// The nodes that a command works on, and how: by which connections, how many at a time, for how long, and who is told of a node that
/// failed. Work that has a time of its own, or judges failures itself, takes a copy that says so.
/// </summary>
/// <param name="Failed">Told of each node that failed, from any thread.</param>
public sealed record Cluster(INodeConnector Nodes, IEngineConnector Engines, Action<NodeFailure> Failed)
{
    /// <summary>How long short work on a node (a survey, a list, a removal) may take when nobody says.</summary>
    public static TimeSpan ShortWork { get; } = TimeSpan.FromSeconds(60);

    /// <summary>How many nodes are worked on at a time; at least 1.</summary>
    public int Throttle { get; init; } = 32;

    /// <summary>How long each node may take; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan NodeTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Where nodes have jobs' directories, and what they know of jobs that are placed into static environments.</summary>
    public string RunDirectory { get; init; } = "/run/pisahpc";

    /// <summary>
    /// Whether what a command says of nodes comes in their order: of each as soon as all has been said of those before it. Else it comes as
    /// it is found.
    /// </summary>
    public bool InOrder { get; init; }

    /// <summary>
    /// The same for a look at nodes before they are changed: a minute at most, since a dead NFS server or an engine that is stuck would
    /// hold whoever asks for ever (nfs(5), "hard").
    /// </summary>
    public Cluster ForSurvey() =>
        NodeTimeout == Timeout.InfiniteTimeSpan || NodeTimeout > ShortWork ? this with { NodeTimeout = ShortWork } : this;

    /// <summary>Does one thing on every node; the failure of one is told, and the others go on.</summary>
    /// <param name="nodes">The nodes' names.</param>
    /// <param name="late">What the failure is of a node that takes longer.</param>
    /// <param name="phase">What the action is for each node; null where it is no phase.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; every action has ended.</exception>
    public Task OnEachAsync(
        IEnumerable<string> nodes,
        Func<string, CancellationToken, Task> action,
        CancellationToken cancellationToken,
        ErrorId late = ErrorId.NodeTimeout,
        Phase? phase = null) =>
        FanOut.RunAsync(nodes, Throttle, NodeTimeout, action, Failed, cancellationToken, late, phase, InOrder);
}
