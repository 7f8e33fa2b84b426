using PisaHpc.Engines;
using PisaHpc.Nodes;
using PisaHpc.Preflight;

namespace PisaHpc.BatchHooks;

/// <summary>How a batch system's hooks are put in place. It was made by reading and changes nothing.</summary>
internal interface IHookInstall
{
    /// <summary>The nodes that the batch system has.</summary>
    IReadOnlyList<string> Nodes { get; }

    /// <summary>What becomes of a job on a node that lacks its hooks, in a sentence.</summary>
    string WithoutHooks { get; }

    /// <summary>What changes on a node.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchHookIncomplete"/>: it has a program not, and there is none to bring;
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken);

    /// <summary>What changes on the controller, when every node has its part; null where only nodes are changed.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    Task<HostChange?> OnControllerAsync(INodeConnection host, CancellationToken cancellationToken);
}

/// <summary>How a batch system's hooks are taken away. It was made by reading and changes nothing.</summary>
internal interface IHookRemoval
{
    /// <summary>The nodes that the batch system has.</summary>
    IReadOnlyList<string> Nodes { get; }

    /// <summary>What goes from the controller now, and why the rest stays; null where only nodes were changed.</summary>
    HostChange? OnController();

    /// <summary>What goes from a node now, and why the rest stays.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.NodeCommandFailed"/>; <see cref="ErrorId.BatchConfigurationInvalid"/>: a text of ours was changed since.
    /// </exception>
    Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken);
}

/// <summary>How a batch system's hooks are looked over.</summary>
internal interface IHookExamination
{
    /// <summary>The nodes that the batch system has.</summary>
    IReadOnlyList<string> Nodes { get; }

    /// <summary>Checks the controller.</summary>
    /// <param name="names">Whether a check is meant, by name.</param>
    /// <param name="deadline">How long a start may last on its nodes; null where no node said.</param>
    IReadOnlyList<HpcNodeCheck> OfController(Func<string, bool> names, TimeSpan? deadline);

    /// <summary>Checks a node.</summary>
    /// <param name="names">Whether a check is meant, by name.</param>
    /// <returns>The checks, and how long a start may last there; null where the node does not say.</returns>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    Task<(IReadOnlyList<HpcNodeCheck> Checks, TimeSpan? Deadline)> OfNodeAsync(
        INodeConnection node, IEngineConnector engines, Func<string, bool> names, TimeProvider clock, CancellationToken cancellationToken);
}
