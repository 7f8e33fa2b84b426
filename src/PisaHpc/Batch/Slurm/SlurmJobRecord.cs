using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.Slurm;

/// <summary>
/// What <c>scontrol --details show job</c> says of one job, or of one component of a heterogeneous one, in the text that Slurm 22.05 to
/// 24.11 write alike (src/api/job_info.c). Name, command, directory and comment are the user's own words, and the record marks no field's
/// end: what is believed stands between the name, which is known, and the command.
/// </summary>
internal sealed partial class SlurmJobRecord
{
    private readonly string _facts;
    private readonly string _ending;

    private SlurmJobRecord(string id, string facts, string ending) => (Id, _facts, _ending) = (id, facts, ending);

    /// <summary>The raw id: of an array's element and of a component its own.</summary>
    public string Id { get; }

    /// <summary>The id of the first component; null for a job that is not heterogeneous.</summary>
    public string? HetJobId { get; private init; }

    /// <summary>A component's place, from 0.</summary>
    public int HetJobOffset { get; private init; }

    /// <summary>The ids of all components; those of one for any other job.</summary>
    public IReadOnlyList<string> Components => Field("HetJobIdSet") is { } set ? HostList.Expand($"[{set}]") : [Id];

    /// <summary>The state's word.</summary>
    public string State => Field("JobState") ?? throw Malformed("JobState");

    /// <summary>The partition.</summary>
    public string? Partition => Field("Partition");

    /// <summary>
    /// Whether the job has its nodes at this moment, to use them. A suspended job's CPUs are others' meanwhile, and one that stages out has
    /// given its nodes back.
    /// </summary>
    public bool HasNodes => Field("NodeList") is not null
        && State is ("RUNNING" or "CONFIGURING" or "STOPPED" or "SIGNALING" or "RESIZING");

    /// <summary>What is known of it beside its nodes.</summary>
    public BatchJob Job => new()
    {
        State = State,
        Reason = Field("Reason"),
        RestartCount = Number("Restarts"),
        Components = Components,
        Comment = CommentLine().Match(_ending) is { Success: true } comment ? comment.Groups[1].Value : null,
        SubmitTime = Time("SubmitTime"),
        StartTime = Time("StartTime"),
        EndTime = Time("EndTime"),
    };

    /// <summary>How it ended; null when it has not.</summary>
    public BatchEnd? End => SlurmEnd.Of(Job, Field("ExitCode"));

    /// <summary>Reads a record.</summary>
    /// <param name="id">The raw id that was asked for.</param>
    /// <param name="name">The job's name, as squeue gave it by itself.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchSystemFailed"/> for text of another form.</exception>
    public static SlurmJobRecord Parse(string text, string id, string name)
    {
        var start = FirstFields().Match(text);
        var afterName = start.Length + name.Length;
        if (!start.Success || start.Groups["id"].Value != id || !text.AsSpan(start.Length).StartsWith(name, StringComparison.Ordinal)
            || !FieldsAfterName().IsMatch(text, afterName))
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"What scontrol says of Slurm job {id} is not of the form that is known, or changed while it was asked: "
                + Quote.Words(text),
                id,
                "Ask again; if it stays so, look at: scontrol --details show job " + id);
        }

        // A first component's record is followed by those of the others.
        var end = UserFields().Match(text, afterName);
        var next = text.IndexOf("\n\n", afterName, StringComparison.Ordinal) is > 0 and var gap ? gap : text.Length;
        var facts = end.Success ? text[afterName..end.Index] : text[afterName..];
        return new SlurmJobRecord(id, facts, end.Success && end.Index < next ? text[end.Index..next] : "")
        {
            HetJobId = start.Groups["het"] is { Success: true } het ? het.Value : null,
            HetJobOffset = start.Groups["offset"] is { Success: true } offset
                ? int.Parse(offset.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
                : 0,
        };
    }

    /// <summary>The nodes with their CPUs, memory and slots, in Slurm's order.</summary>
    /// <param name="list">The nodes as squeue named them: a user may rename his job between two questions.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchSystemFailed"/> when the record does not tell them all, or says other than squeue.
    /// </exception>
    public IReadOnlyList<AllocatedNode> Nodes(string? list)
    {
        if (Field("NodeList") is not { } told || told != list)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed,
                $"The nodes of Slurm job {Id} are {Quote.Of(list ?? "")} to squeue and {Quote.Of(Field("NodeList") ?? "")} to scontrol: "
                + "the job changed while it was asked for.",
                Id,
                "Ask again.");
        }

        var names = HostList.Expand(told);
        var granted = Granted();
        if (names.FirstOrDefault(name => !granted.ContainsKey(name)) is { } missing)
        {
            throw Malformed($"CPU_IDs of {missing}");
        }

        IReadOnlyList<int> counts = [.. names.Select(name => granted[name].Cpus)];
        var slots = SlurmTaskLayout.TasksPerNode(
            counts, Number("NumTasks"), Math.Max(1, Number("CPUs/Task")), areAskedByNode: Number("NtasksPerN:B:S:C") > 0);
        return
        [
            .. names.Select((name, index) => new AllocatedNode(name, slots[index])
            {
                Cpus = counts[index],
                MemoryBytes = granted[name].Memory,
            }),
        ];
    }

    /// <summary>What each node gives to the job.</summary>
    private Dictionary<string, (int Cpus, long? Memory)> Granted()
    {
        var granted = new Dictionary<string, (int Cpus, long? Memory)>(StringComparer.Ordinal);
        foreach (var line in SlurmNodeLine.In(_facts))
        {
            var cpus = line.Cpus;
            foreach (var name in HostList.Expand(line.Nodes))
            {
                if (!granted.TryAdd(name, (cpus, line.MemoryBytes)))
                {
                    throw Ambiguous($"the CPUs of {name}");
                }
            }
        }

        return granted;
    }

    /// <summary>
    /// A field's value; null for none. Where the user's own words stand among the facts (Account, Network), a field of theirs is a second.
    /// </summary>
    private string? Field(string name)
    {
        var matches = Regex.Matches(_facts, $@"(?<=\s){Regex.Escape(name)}=(\S*)", RegexOptions.CultureInvariant);
        if (matches.Count > 1)
        {
            throw Ambiguous(name);
        }

        return matches is [var match] && match.Groups[1].Value is not ("" or "(null)" or "None" or "N/A") ? match.Groups[1].Value : null;
    }

    private int Number(string name) =>
        int.TryParse(LeadingDigits().Match(Field(name) ?? "").Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private DateTimeOffset? Time(string name) =>
        long.TryParse(Field(name), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private HpcException Ambiguous(string what) => new(
        ErrorId.BatchSystemFailed,
        $"scontrol tells {what} of Slurm job {Id} more than once: what the job's user wrote may look like Slurm's own words.",
        Id,
        "Look at what it says: scontrol --details show job " + Id);

    private HpcException Malformed(string field) => new(
        ErrorId.BatchSystemFailed,
        $"scontrol tells no {field} of Slurm job {Id}.",
        Id,
        "Look at what it says: scontrol --details show job " + Id);

    [GeneratedRegex(
        @"\A\s*JobId=(?<id>\d+) (Array(JobId|TaskId|TaskThrottle)=\S+ )*(HetJobId=(?<het>\d+) HetJobOffset=(?<offset>\d{1,6}) )?JobName=",
        RegexOptions.CultureInvariant)]
    private static partial Regex FirstFields();

    [GeneratedRegex(@"\G\n   (HetJobIdSet=\S+\n   )?UserId=", RegexOptions.CultureInvariant)]
    private static partial Regex FieldsAfterName();

    [GeneratedRegex(@"\s(Command|Comment|AdminComment|SystemComment|WorkDir|StdErr)=", RegexOptions.CultureInvariant)]
    private static partial Regex UserFields();

    [GeneratedRegex(@"^\s+Comment=(.*?)\s*$", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex CommentLine();

    [GeneratedRegex(@"\A[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex LeadingDigits();
}
