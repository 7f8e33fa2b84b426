using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PisaHpc.HostLists;
using PisaHpc.Nodes;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// All jobs as squeue lists them: <c>%A %i %T %e %N</c> (squeue(1)). The components of a heterogeneous job are one job here, under the
/// first one's id, and elements of an array that wait together are one row, <c>20_[3-9]</c>.
/// </summary>
internal sealed partial class SlurmQueue
{
    private const string Job = "job.";

    /// <summary>The one state of which the list of nodes is whole: one that completes has given some of them back already.</summary>
    private const string HasItsNodes = "RUNNING";

    private readonly ILookup<string, Row> _rows;
    private readonly IReadOnlyDictionary<string, JobSubmission> _submissions;

    private SlurmQueue(IEnumerable<Row> rows, IReadOnlyDictionary<string, JobSubmission> submissions)
    {
        _rows = rows
            .SelectMany(row => row.Ids.Distinct().Select(id => (Id: id, Row: row)))
            .ToLookup(named => named.Id, named => named.Row, StringComparer.Ordinal);
        _submissions = submissions;
    }

    /// <summary>Reads what list-jobs.sh said.</summary>
    /// <param name="host">Where it ran, for the error.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchSystemFailed"/> for a line that is no job's.</exception>
    public static JobCensus Read(ScriptReply said, string host)
    {
        var lines = said.All.Where(fact => fact.Key.StartsWith(Job, StringComparison.Ordinal))
            .Select(fact => (Text: $"{fact.Key[Job.Length..]} {fact.Value}", Row: Row.Parse(fact.Key[Job.Length..], fact.Value)))
            .ToArray();
        var rows = lines.Select(line => line.Row).OfType<Row>().ToArray();
        if (said["rows"] != rows.Length.ToString(CultureInfo.InvariantCulture)
            || !long.TryParse(said["now"], NumberStyles.None, CultureInfo.InvariantCulture, out var now))
        {
            var stray = lines.FirstOrDefault(line => line.Row is null).Text ?? Words(said["stray"]);
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"What squeue says on {host} is not of the form that is known: {said["rows"]} lines, of which {rows.Length} are jobs"
                + (stray is null ? "." : $"; the first other one is {Quote.Of(stray)}."),
                host,
                "Look at what it says there: squeue --noheader --states=all --format='%A %i %T %e %N'.")
            { IsLasting = true };
        }

        var submissions = SlurmSubmissions.Read(Words(said["details"]), said["mark"]);
        var queue = new SlurmQueue(rows, submissions);
        return new JobCensus(DateTimeOffset.FromUnixTimeSeconds(now), queue.Find)
        {
            Running = [.. rows.Select(row => row.JobId).Distinct().Where(id => queue.Find(id) is { Nodes.Count: > 0 })],
            Cluster = said["cluster"] is { Length: > 0 } cluster ? cluster : null,
            Remark = Words(said["words"]) is { } words ? $"squeue on {host}: {Quote.Words(words)}" : null,
        };
    }

    /// <summary>Text that the script encoded; null for none.</summary>
    private static string? Words(string? encoded) =>
        encoded is { Length: > 0 } ? Encoding.UTF8.GetString(Convert.FromBase64String(encoded)) : null;

    /// <summary>A job that has several rows lives while one of them does.</summary>
    private JobStanding? Find(string jobId)
    {
        Row[] rows = [.. _rows[jobId]];
        if (rows.Length == 0 && jobId.Split('_') is [var array, _])
        {
            rows = [.. _rows[$"{array}_["]];
        }

        if (rows.Length == 0)
        {
            return null;
        }

        var state = (rows.FirstOrDefault(row => row.EndedAt is null) ?? rows[0]).State;
        var hasEnded = rows.All(row => row.EndedAt is not null);
        return new JobStanding
        {
            State = state,
            Outcome = hasEnded ? SlurmEnd.OutcomeOf(state) : null,
            EndedAt = hasEnded ? rows.Max(row => row.EndedAt) : null,
            Nodes = rows.All(row => row.State == HasItsNodes) ? NodesOf(rows) : [],
            RunsAs = [.. rows.Select(row => row.Ids[0]).Distinct()],
            Submission = _submissions.GetValueOrDefault(rows[0].Ids[0]),
        };
    }

    /// <summary>The nodes of all rows; none where one has a list that cannot be read: then nobody knows where the job is.</summary>
    private static IReadOnlyList<string> NodesOf(IEnumerable<Row> rows)
    {
        try
        {
            return [.. rows.Where(row => row.NodeList.Length > 0).SelectMany(row => HostList.Expand(row.NodeList))];
        }
        catch (HpcException)
        {
            return [];
        }
    }

    /// <summary>A job's row.</summary>
    /// <param name="Ids">What it is found by: its raw id first, and its array's element or its first component.</param>
    /// <param name="State">The state's word.</param>
    /// <param name="EndedAt">When it ended; null for one that lives, or may.</param>
    /// <param name="NodeList">Its nodes, as a host list.</param>
    private sealed record Row(IReadOnlyList<string> Ids, string State, DateTimeOffset? EndedAt, string NodeList)
    {
        /// <summary>What its hooks and its script call it: its raw id, or of a component that of the first one.</summary>
        public required string JobId { get; init; }

        public static Row? Parse(string raw, string text)
        {
            var match = Form().Match(text);
            if (!match.Success)
            {
                return null;
            }

            var (shown, state) = (match.Groups["shown"].Value, match.Groups["state"].Value);
            var waiting = shown.IndexOf("_[", StringComparison.Ordinal);
            var known = waiting > 0 ? shown[..(waiting + 2)] : shown.Split('+')[0];
            var hasEnded = SlurmEnd.OutcomeOf(state) is not null
                & long.TryParse(match.Groups["end"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var end);
            return new Row(
                [raw, known], state, hasEnded ? DateTimeOffset.FromUnixTimeSeconds(end) : null, match.Groups["nodes"].Value)
            {
                JobId = shown.Contains('+', StringComparison.Ordinal) ? known : raw,
            };
        }
    }

    [GeneratedRegex(
        @"\A(?<shown>[0-9]+(_([0-9]+|\[[^\s\]]+\]?)|\+[0-9]+)?) (?<state>[A-Z_]+|\?) (?<end>\S+)( (?<nodes>\S+))?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
