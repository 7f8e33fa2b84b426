using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.Batch;

namespace PisaHpc.Jobs.Records;

/// <summary>
/// The name of a record's file: <c>20261129T081530Z_4711_0a1b2c3d.json</c>, the end in UTC, the job's id as names of files have it, the
/// run. Names sort by the end, so that nobody has to look into a file to find the latest, or the old ones.
/// </summary>
/// <param name="EndedAt">When the run ended, in whole seconds.</param>
/// <param name="Job">The job's id as <see cref="JobIds.FileName"/> writes it.</param>
/// <param name="Run">The run.</param>
internal sealed partial record RecordName(DateTimeOffset EndedAt, string Job, string Run)
{
    private const string Time = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>The file's name.</summary>
    public string File => $"{EndedAt.UtcDateTime.ToString(Time, CultureInfo.InvariantCulture)}_{Job}_{Run}.json";

    /// <summary>The name of a record.</summary>
    public static RecordName Of(HpcEndedJob job) => new(job.EndedAt, JobIds.FileName(job.JobId), job.Run);

    /// <summary>Reads a file's name.</summary>
    /// <returns>Null for a file that is no record.</returns>
    public static RecordName? Parse(string file) =>
        Form().Match(file) is { Success: true } match
        && DateTimeOffset.TryParseExact(
            match.Groups["time"].ValueSpan, Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new RecordName(time, match.Groups["job"].Value, match.Groups["run"].Value)
            : null;

    /// <summary>Whether text can be a run's part of a name, as every attempt is.</summary>
    public static bool IsRun([NotNullWhen(true)] string? text) => text is not null && RunForm().IsMatch(text);

    [GeneratedRegex(@"\A[0-9a-f]{8}\z", RegexOptions.CultureInvariant)]
    private static partial Regex RunForm();

    [GeneratedRegex(
        @"\A(?<time>[0-9]{8}T[0-9]{6}Z)_(?<job>[A-Za-z0-9._-]{1,128})_(?<run>[0-9a-f]{8})\.json\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
