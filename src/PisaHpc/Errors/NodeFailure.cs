namespace PisaHpc.Errors;

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
