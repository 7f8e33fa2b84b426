namespace PisaHpc.Sites;

/// <summary>A place in a site definition.</summary>
/// <param name="File">The file's full path.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
public sealed record SourcePosition(string File, int Line, int Column)
{
    /// <summary>The place as compilers write it: <c>file:line:column</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";
}
