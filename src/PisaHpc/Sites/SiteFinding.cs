namespace PisaHpc.Sites;

/// <summary>Something found in a site definition.</summary>
public sealed record SiteFinding
{
    /// <summary>How bad it is: the word, one of <see cref="FindingSeverity"/>.</summary>
    public required string Severity { get; init; }

    /// <summary>The rule's stable name, for example <c>UnknownKey</c> or <c>Privileged</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>What was found, with the value.</summary>
    public required string Message { get; init; }

    /// <summary>The definition's file; null when there is none.</summary>
    public string? File { get; init; }

    /// <summary>The line, from 1; 0 when it is about the file as a whole.</summary>
    public int Line { get; init; }

    /// <summary>The column, from 1; 0 when it is about the file as a whole.</summary>
    public int Column { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Remedy { get; init; }

    /// <summary>The finding as compilers write it: <c>file:line:column: message</c>.</summary>
    public override string ToString() => File is null ? Message : Line == 0 ? $"{File}: {Message}" : $"{File}:{Line}:{Column}: {Message}";
}

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>The definition works, and an admin should know this of it.</summary>
    Warning,

    /// <summary>The definition cannot be used.</summary>
    Error,
}

/// <summary>A place in a site definition.</summary>
/// <param name="File">The file's full path.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
public sealed record SourcePosition(string File, int Line, int Column)
{
    /// <summary>The place as compilers write it: <c>file:line:column</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";
}
