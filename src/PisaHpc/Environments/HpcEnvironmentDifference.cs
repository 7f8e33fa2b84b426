namespace PisaHpc.Environments;

/// <summary>One respect in which a node is not as its static environments are declared.</summary>
public sealed record HpcEnvironmentDifference
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The static environment; empty for a container that names none.</summary>
    public required string Static { get; init; }

    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>What kind of difference it is: the word, one of <see cref="DifferenceKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Which part of the container differs, as in <c>mount</c> or <c>memory</c>; empty for the container as a whole.</summary>
    public string Part { get; init; } = "";

    /// <summary>What is declared.</summary>
    public required string Wanted { get; init; }

    /// <summary>What is there.</summary>
    public required string Actual { get; init; }

    /// <summary>How bad it is: the word, one of <see cref="DifferenceSeverity"/>.</summary>
    public required string Severity { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Remedy { get; init; }

    /// <summary>It in a line.</summary>
    public override string ToString() =>
        $"{Node} {Container}: {Kind}{(Part.Length > 0 ? $" {Part}" : "")}: {Words(Actual)}, and {Words(Wanted)} is declared";

    private static string Words(string value) => value.Length > 0 ? value : "nothing";
}

/// <summary>Kinds of differences.</summary>
public enum DifferenceKind
{
    /// <summary>There is no container of the environment on the node.</summary>
    Missing,

    /// <summary>
    /// A container that is not the module's has its name. As a warning: one has its port, or stands on the node and was asked for.
    /// </summary>
    Foreign,

    /// <summary>The container does not run.</summary>
    NotRunning,

    /// <summary>Its engine starts it again and again.</summary>
    Restarting,

    /// <summary>It runs, and its sshd does not answer.</summary>
    NotReady,

    /// <summary>
    /// Its sshd answers and turns users away, by the /etc/nologin of a drain that goes on or was cut off in the container.
    /// </summary>
    LoginsClosed,

    /// <summary>It was made of another image.</summary>
    Image,

    /// <summary>A directory or file of the node is mounted that is not declared, or one that is declared is not.</summary>
    Mount,

    /// <summary>The same of a device.</summary>
    Device,

    /// <summary>The same of a port.</summary>
    Port,

    /// <summary>Any other part of it.</summary>
    Option,

    /// <summary>It was made from another declaration, or of another image under the same name, and no part of it differs now.</summary>
    Generation,

    /// <summary>What is declared cannot be on the node, or nobody knows which image is meant.</summary>
    NotPlanned,

    /// <summary>A container of a static environment that is not declared on the node.</summary>
    Undeclared,
}

/// <summary>How bad a difference is.</summary>
public enum DifferenceSeverity
{
    /// <summary>Users get in, to something else than what is declared; or something stands there that is not declared.</summary>
    Warning,

    /// <summary>Users do not get in.</summary>
    Error,
}
