using System.Globalization;
using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Lsf;

/// <summary>All jobs as bjobs lists them. An array is found by its number, and each of its elements by its own id.</summary>
internal sealed class LsfJobList
{
    /// <summary>How far LSF's clock may go before that of the host that asks.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly ILookup<string, LsfJobRow> _rows;

    private LsfJobList(IEnumerable<LsfJobRow> rows) => _rows = rows
        .SelectMany(row => new[] { row.Number, row.JobId }.Distinct().Select(id => (Id: id, Row: row)))
        .ToLookup(named => named.Id, named => named.Row, StringComparer.Ordinal);

    /// <summary>The jobs of an answer of list-jobs.sh.</summary>
    /// <param name="host">Where it ran, for the error.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchSystemFailed"/> for a line that is no job's.</exception>
    public static IReadOnlyList<LsfJobRow> RowsIn(ScriptReply said, string host)
    {
        const string Row = "row.";
        var now = TimeOf(said) ?? throw Unreadable(said, host, count: 0, stray: null);
        var lines = said.All.Where(fact => fact.Key.StartsWith(Row, StringComparison.Ordinal))
            .Select(fact => (Text: fact.Value, Job: LsfJobRow.Parse(fact.Value, now)))
            .ToArray();
        LsfJobRow[] rows = [.. lines.Select(line => line.Job).OfType<LsfJobRow>()];
        return said["rows"] == rows.Length.ToString(CultureInfo.InvariantCulture)
            ? rows
            : throw Unreadable(said, host, rows.Length, lines.FirstOrDefault(line => line.Job is null).Text);
    }

    /// <summary>What it says of all jobs.</summary>
    /// <param name="host">Where it ran, for the error.</param>
    /// <exception cref="HpcException">
    /// As for <see cref="RowsIn"/>, and for an end that is to come: then times are of another zone than that in which they were asked for.
    /// </exception>
    public static JobCensus Read(ScriptReply said, string host)
    {
        var rows = RowsIn(said, host);
        var now = TimeOf(said)!.Value;
        if (rows.FirstOrDefault(row => row.EndsAt > now + Skew) is { } early)
        {
            throw Untimely(early, now, host);
        }

        return new JobCensus(now, new LsfJobList(rows).Find)
        {
            Running = [.. rows.Where(row => NodesOf(row).Count > 0).Select(row => row.JobId)],
            Cluster = said["cluster"] is { Length: > 0 } cluster ? cluster : null,
            Remark = rows.Count > 0 && WordsOf(said) is { } words ? $"bjobs on {host}: {Quote.Words(words)}" : null,
        };
    }

    /// <summary>What bjobs said beside its answer; null for nothing.</summary>
    public static string? WordsOf(ScriptReply said) => Decoded(said["words"]) is { Length: > 0 } words ? words : null;

    /// <summary>A program's words as the script has encoded them; null where it has said none.</summary>
    public static string? Decoded(string? encoded) =>
        encoded is null ? null : Encoding.UTF8.GetString(Convert.FromBase64String(encoded)).Trim();

    /// <summary>An array lives while one of its elements does.</summary>
    private JobStanding? Find(string jobId)
    {
        LsfJobRow[] rows = [.. _rows[jobId]];
        if (rows.Length == 0)
        {
            return null;
        }

        var shown = rows.FirstOrDefault(row => row.EndedAt is null) ?? rows[0];
        var hasEnded = rows.All(row => row.EndedAt is not null);
        return new JobStanding
        {
            State = shown.State,
            Outcome = hasEnded ? shown.Outcome : null,
            EndedAt = hasEnded ? rows.Max(row => row.EndedAt) : null,
            Nodes = rows.All(row => row.HasHosts) ? [.. rows.SelectMany(NodesOf).Distinct(StringComparer.Ordinal)] : [],
            // A node may name what runs of an element by the array's number.
            RunsAs = [.. new[] { jobId, shown.Number }.Distinct()],
            Submission = shown.HasHosts ? new JobSubmission(shown.Queue, shown.User, shown.Application) : null,
        };
    }

    /// <summary>A job's nodes; none where it has none now, or where its hosts cannot be read: then nobody knows where it is.</summary>
    private static IReadOnlyList<string> NodesOf(LsfJobRow row)
    {
        try
        {
            return row.HasHosts ? [.. row.Nodes().Select(node => node.Name)] : [];
        }
        catch (HpcException)
        {
            return [];
        }
    }

    private static DateTimeOffset? TimeOf(ScriptReply said) =>
        long.TryParse(said["now"], NumberStyles.None, CultureInfo.InvariantCulture, out var now)
            ? DateTimeOffset.FromUnixTimeSeconds(now)
            : null;

    private static HpcException Untimely(LsfJobRow row, DateTimeOffset now, string host) => new(
        ErrorId.BatchSystemFailed,
        string.Create(
            CultureInfo.InvariantCulture,
            $"bjobs on {host} says that job {row.JobId} ended at {row.EndsAt:yyyy-MM-ddTHH:mm}Z, and it is {now:yyyy-MM-ddTHH:mm}Z there."),
        host,
        "Look whether bjobs heeds TZ there (TZ=UTC0 bjobs -a -o finish_time), and at the clocks of that host and of LSF's master.")
    { IsLasting = true };

    private static HpcException Unreadable(ScriptReply said, string host, int count, string? stray) => new(
        ErrorId.BatchSystemFailed,
        $"What bjobs says on {host} is not of the form that is known: {said["rows"]} lines, of which {count} are jobs"
        + (stray is null ? "." : $"; the first other one is {Quote.Of(stray)}."),
        host,
        "Look at what it says there: bjobs -u all -a -X -noheader -o \"jobid jobindex stat user queue app exec_host delimiter='|'\".")
    { IsLasting = true };
}
