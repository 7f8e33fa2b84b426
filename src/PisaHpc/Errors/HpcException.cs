namespace PisaHpc.Errors;

/// <summary>
/// A failure that an admin can act on. The cmdlets turn it into an error record with <see cref="Id"/> as its id, <see cref="Target"/> as
/// its target object and <see cref="RecommendedAction"/> as the next step.
/// </summary>
public sealed class HpcException : Exception
{
    /// <summary>Makes a failure.</summary>
    /// <param name="id">The stable id.</param>
    /// <param name="message">What failed, with the value and the place.</param>
    /// <param name="target">The node, file or job that it is about.</param>
    /// <param name="recommendedAction">The next step; a default for the id is used when it is null.</param>
    /// <param name="innerException">The cause, where another exception is.</param>
    public HpcException(
        ErrorId id, string message, object? target = null, string? recommendedAction = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Id = id;
        Target = target;
        RecommendedAction = recommendedAction;
    }

    /// <summary>The stable id.</summary>
    public ErrorId Id { get; }

    /// <summary>The node (as a string), file or job that the failure is about.</summary>
    public object? Target { get; }

    /// <summary>The next step, often a command; null for the id's default.</summary>
    public string? RecommendedAction { get; }

    /// <summary>Whether it is the same each time until somebody changes something; false where that is not known.</summary>
    internal bool IsLasting { get; init; }

    /// <summary>Whether the site definition may be the cause as well as the node: a path, an account.</summary>
    internal bool MayBeSetting { get; init; }

    /// <summary>The nodes that are the reason, where it is about several; the first one's cause is the inner exception.</summary>
    public IReadOnlyList<NodeFailure> FailedNodes { get; init; } = [];

    /// <summary>The nodes on which something is left, and why it could not be taken back.</summary>
    public IReadOnlyList<NodeFailure> LeftBehind { get; init; } = [];
}

/// <summary>A node on which something failed, and why.</summary>
/// <param name="Node">The node.</param>
/// <param name="Cause">The failure.</param>
public sealed record NodeFailure(string Node, Exception Cause)
{
    /// <summary>The failure's id.</summary>
    public ErrorId Id => Cause is HpcException { Id: var id } ? id : ErrorId.InternalError;

    /// <summary>The failure's message.</summary>
    public string Message => Cause.Message;

    /// <summary>The failure in a line.</summary>
    public override string ToString() => $"{Node}: {Id}: {Message}";
}
