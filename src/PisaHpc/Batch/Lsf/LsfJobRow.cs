using System.Globalization;
using System.Text.RegularExpressions;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.Lsf;

/// <summary>
/// A job, or an element of an array, in a line of bjobs(1): the fields <c>jobid jobindex stat user queue app exec_host submit_time
/// start_time finish_time exit_code exit_reason</c> with bars between them, and <c>-</c> for none.
/// </summary>
/// <param name="Number">The job's number, which the elements of an array share.</param>
/// <param name="Index">The element's index; 0 for a job that is no array.</param>
/// <param name="State">The state's word.</param>
/// <param name="User">The login name of its owner.</param>
/// <param name="Queue">The queue.</param>
/// <param name="Application">The application profile; null for none.</param>
/// <param name="Hosts">Its hosts, as text; null for none.</param>
internal sealed partial record LsfJobRow(
    string Number, int Index, string State, string User, string Queue, string? Application, string? Hosts)
{
    private const int Fields = 12;

    /// <summary>What its own environment calls it.</summary>
    public string JobId => Index == 0 ? Number : string.Create(CultureInfo.InvariantCulture, $"{Number}[{Index}]");

    /// <summary>
    /// Whether the job has its hosts at this moment, to use them. A suspended job's slots are others' meanwhile, and of one that is UNKWN
    /// the host does not answer.
    /// </summary>
    public bool HasHosts => State is "RUN" && Hosts is not null;

    /// <summary>What became of it; null as long as it lives.</summary>
    public BatchOutcome? Outcome => LsfEnd.OutcomeOf(State, ExitCode, ExitReason);

    /// <summary>The last second in which it may have ended; null as long as it lives, and where its end is not told.</summary>
    public DateTimeOffset? EndedAt => Outcome is null ? null : Finish?.Latest;

    /// <summary>The minute in which it ended, from its first second on; null as long as it lives, and where its end is not told.</summary>
    public DateTimeOffset? EndsAt => Outcome is null ? null : Finish?.Earliest;

    /// <summary>What is known of it beside its hosts. LSF counts no restarts.</summary>
    public BatchJob Job => new()
    {
        State = State,
        Reason = Outcome is null ? null : ExitReason,
        Components = [JobId],
        SubmitTime = Submit?.Earliest,
        StartTime = Start?.Earliest,
        EndTime = Outcome is not null || Finish?.Mark is 'L' ? Finish?.Earliest : null,
    };

    /// <summary>How it ended; null when it has not.</summary>
    public BatchEnd? End => Outcome is { } outcome
        ? new BatchEnd { Outcome = outcome, State = State, Reason = ExitReason, ExitCode = ExitCode ?? (State is "EXIT" ? null : 0) }
        : null;

    private LsfTime? Submit { get; init; }

    private LsfTime? Start { get; init; }

    private LsfTime? Finish { get; init; }

    private int? ExitCode { get; init; }

    private string? ExitReason { get; init; }

    /// <summary>Reads a line.</summary>
    /// <param name="now">When bjobs was asked.</param>
    /// <returns>Null for one that is no job's.</returns>
    public static LsfJobRow? Parse(string line, DateTimeOffset now)
    {
        if (line.Split('|', Fields, StringSplitOptions.TrimEntries) is not
            [var id, var index, var state, { Length: > 0 } user, { Length: > 0 } queue, var application, var hosts, var submitted,
                var started, var finished, var code, var reason]
            || IdForm().Match(id) is not { Success: true } named || !StateForm().IsMatch(state)
            || (TextOf(index) is { } word && TryNumber(word) is null)
            || (TryNumber(named.Groups["index"].Value) is { } inId && TextOf(index) is { } other && TryNumber(other) != inId))
        {
            return null;
        }

        var hasEnded = LsfEnd.OutcomeOf(state, exitCode: null, reason: null) is not null;
        var element = TryNumber(named.Groups["index"].Value) ?? TryNumber(index) ?? 0;
        return new LsfJobRow(named.Groups["number"].Value, element, state, user, queue, TextOf(application), TextOf(hosts))
        {
            Submit = LsfTime.Read(submitted, now, isPast: true),
            Start = LsfTime.Read(started, now, isPast: true),
            Finish = LsfTime.Read(finished, now, hasEnded),
            ExitCode = TryNumber(code),
            ExitReason = TextOf(reason),
        };
    }

    /// <summary>
    /// The hosts with their slots, in LSF's order: <c>8*o2wn01:4*o2wn02</c>, or where LSB_SHORT_HOSTLIST is not set (lsf.conf(5)) a name
    /// for each slot, <c>o2wn01:o2wn01:o2wn02</c>. A slot is a CPU.
    /// </summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.InvalidValue"/> for what is no list of hosts, as of those of another cluster (<c>host@cluster</c>);
    /// <see cref="ErrorId.AllocationNotFound"/> for none.
    /// </exception>
    public IReadOnlyList<AllocatedNode> Nodes()
    {
        var source = $"exec_host of LSF job {JobId}";
        var counts = (Hosts ?? "").Split([':', ' '], StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('*') switch
        {
            [var name] => (HostNames.Validate(name, source), 1),
            [var count, var name] when TryNumber(count) is > 0 and var slots => (HostNames.Validate(name, source), slots),
            _ => throw new HpcException(ErrorId.InvalidValue, $"{source}: {Quote.Of(word)} is no host with its slots.", JobId),
        });
        return [.. NodeSlots.Sum(counts, source).Select(node => node with { Cpus = node.Slots })];
    }

    private static string? TextOf(string field) => field is "" or "-" ? null : field;

    private static int? TryNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>An element's id may have its index, as bjobs takes it.</summary>
    [GeneratedRegex(@"\A(?<number>[1-9][0-9]{0,9})(\[(?<index>[0-9]{1,9})\])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();

    [GeneratedRegex(@"\A[A-Z_]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex StateForm();
}
