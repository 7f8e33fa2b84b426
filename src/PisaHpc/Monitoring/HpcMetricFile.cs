using PisaHpc.Posix;

namespace PisaHpc.Monitoring;

/// <summary>A file of metrics, as a program that collects them reads it.</summary>
public sealed record HpcMetricFile
{
    private const string WriteRemedy = "Name a file with -Path in a directory that you may write in.";

    /// <summary>The file's path in full.</summary>
    public required string Path { get; init; }

    /// <summary>The worst status of all that is in it: OK, UNKNOWN, WARNING or CRITICAL.</summary>
    public required string Status { get; init; }

    /// <summary>How many values it has.</summary>
    public required int Values { get; init; }

    /// <summary>What it holds.</summary>
    public required string Text { get; init; }

    /// <summary>Whether it holds something else than before.</summary>
    public bool Changed { get; init; }

    /// <summary>What summaries make of a file, before it is written.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: there is none, or two are of the same.</exception>
    public static HpcMetricFile Of(string path, IReadOnlyCollection<IHpcSummary> summaries)
    {
        ArgumentNullException.ThrowIfNull(summaries);
        if (summaries.Count == 0)
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                "No summary came by the pipeline, so that nothing is known and the file stays as it was.",
                path,
                "Pipe in what -Summary of Test-HpcNode, Compare-HpcEnvironment or Test-HpcContainer puts out.");
        }

        var text = PrometheusText.Of(summaries);
        return new HpcMetricFile
        {
            Path = path,
            Status = MonitoringStatus.Of(
                isCritical: summaries.Any(summary => summary.ExitCode == 2),
                isWarning: summaries.Any(summary => summary.ExitCode == 1),
                isOk: summaries.All(summary => summary.ExitCode == 0)).Word,
            Values = text.Split('\n').Count(line => line.Length > 0 && line[0] != '#'),
            Text = text,
        };
    }

    /// <summary>The file as <see cref="Write"/> would leave it.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be read.</exception>
    public HpcMetricFile Predict() => this with { Changed = !WholeFile.Holds(Path, Text, WriteRemedy) };

    /// <summary>Writes the file. It is written where it stays the same too: its age says when it was known.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: it cannot be written.</exception>
    public HpcMetricFile Write() =>
        this with { Changed = WholeFile.Write(Path, Text, WriteRemedy) };

    /// <summary>The file's text.</summary>
    public override string ToString() => Text;
}
