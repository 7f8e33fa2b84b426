using System.Text.RegularExpressions;

namespace PisaHpc.Containers.Commands;

/// <summary>As whom something is done in a container.</summary>
/// <param name="Id">The user and group, as <c>uid:gid</c>; null for the user whom the container runs as.</param>
public sealed partial record ContainerUser(string? Id)
{
    /// <summary>The word for the user who may do anything that the container's capabilities let him.</summary>
    public const string Root = "root";

    /// <summary>The user whom the container runs as: the job's owner; in a static environment that users log into, root.</summary>
    public static ContainerUser Owner { get; } = new((string?)null);

    /// <summary>Reads a user.</summary>
    /// <param name="text"><c>root</c>, or <c>uid:gid</c>; null or nothing for the container's own.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/> for other text.</exception>
    public static ContainerUser Parse(string? text) => text switch
    {
        null or "" => Owner,
        Root => new ContainerUser("0:0"),
        _ when Ids().IsMatch(text) => new ContainerUser(text),
        _ => throw new HpcException(
            ErrorId.InvalidValue,
            $"User {Quote.Of(text)} is not one that is known in any container: expected root, or numbers as 4001:4001.",
            text,
            "Leave -User out to be the user whom the container runs as."),
    };

    /// <summary>The word by which a script in the container knows whether the container's variables are this user's.</summary>
    internal string Kind => Id is null ? "own" : "other";

    [GeneratedRegex(@"\A[0-9]{1,10}:[0-9]{1,10}\z")]
    private static partial Regex Ids();
}
