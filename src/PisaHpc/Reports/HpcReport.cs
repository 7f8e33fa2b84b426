using PisaHpc.Posix;

namespace PisaHpc.Reports;

/// <summary>A report of a cluster in a file.</summary>
public sealed record HpcReport
{
    private const string WriteRemedy = "Name a file with -Path in a directory that you may write in.";

    /// <summary>The file's path in full.</summary>
    public required string Path { get; init; }

    /// <summary>How many nodes are in it.</summary>
    public required int Nodes { get; init; }

    /// <summary>What it is of, by the headings of its tables.</summary>
    public required IReadOnlyList<string> Tables { get => Readable.Lines(field); init; }

    /// <summary>How many things could not be looked at; they are in the report too.</summary>
    public required int Failures { get; init; }

    /// <summary>Whether it holds something else than before.</summary>
    public bool Changed { get; init; }

    /// <summary>The file and what it is of.</summary>
    public override string ToString() => $"{Path}: {Tables}";

    /// <summary>The page.</summary>
    internal string Html { get; init; } = "";

    /// <summary>Makes sure that a file can be written, before all is looked at that it is to hold.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be written.</exception>
    internal static void RequireWritable(string path) => WholeFile.RequireWritable(path, WriteRemedy);

    /// <summary>Makes a report.</summary>
    /// <param name="path">The file that it is to be.</param>
    /// <param name="title">What it is headed.</param>
    /// <param name="content">What cmdlets put out.</param>
    /// <param name="isWhole">Whether a table that has no row is shown too, since all of its kind were looked at.</param>
    /// <param name="now">When that was.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: there is nothing, or something that no table is of.</exception>
    public static HpcReport Of(string path, string title, IReadOnlyCollection<object> content, bool isWhole, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(content);
        var tables = ReportContent.Tables(content, isWhole);
        if (tables.Count == 0)
        {
            throw new HpcException(
                ErrorId.InvalidValue, "Nothing came by the pipeline, so that there is nothing to report of.", path,
                "Leave the pipeline out, and everything is looked at.");
        }

        return new HpcReport
        {
            Path = path,
            Nodes = content.OfType<Preflight.HpcNode>().Count(),
            Tables = [.. tables.Select(table => table.Title)],
            Failures = content.OfType<ReportFailure>().Count(),
            Changed = true,
            Html = ReportPage.Of(title, tables, now),
        };
    }

    /// <summary>Writes the file, whole.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be written.</exception>
    public HpcReport Write() =>
        this with { Changed = WholeFile.Write(Path, Html, WriteRemedy) };
}

/// <summary>What could not be looked at, and why.</summary>
/// <param name="Id">The error's stable id.</param>
/// <param name="Target">What it is about: a node, a job, a file.</param>
/// <param name="Message">What failed.</param>
/// <param name="Remedy">The next step.</param>
internal sealed record ReportFailure(string Id, string Target, string Message, string Remedy)
{
    /// <summary>The nodes that it is of; none where it is of something else.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];
}

/// <summary>A static environment as it is declared, of the nodes that were looked at.</summary>
/// <param name="Environment">The environment that it is of.</param>
/// <param name="Port">On which its sshd listens.</param>
/// <param name="Nodes">The nodes, each once.</param>
internal sealed record ReportStatic(string Name, string Environment, int Port, IReadOnlyList<string> Nodes);
