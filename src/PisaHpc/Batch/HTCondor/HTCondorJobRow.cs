using System.Globalization;
using System.Text.Json;
using PisaHpc.HostLists;

namespace PisaHpc.Batch.HTCondor;

/// <summary>
/// A job in a scheduler's queue or history, by its attributes as condor_q(1) writes them in JSON: what is no plain number, word or flag is
/// an expression there, and counts as missing (HTCondor manual, "Job ClassAd Attributes").
/// </summary>
/// <param name="Id">Its id.</param>
/// <param name="Attributes">The attributes.</param>
internal sealed record HTCondorJobRow(HTCondorJobId Id, JsonElement Attributes)
{
    private const long BytesOfMebibyte = 1 << 20;
    private const int Vanilla = 5;
    private const int Removed = 3;
    private const int Completed = 4;

    /// <summary>By JobStatus.</summary>
    private static readonly string[] States =
        ["", "Idle", "Running", "Removed", "Completed", "Held", "Transferring Output", "Suspended"];

    /// <summary>By JobUniverse (condor_universe.h).</summary>
    private static readonly Dictionary<int, string> Universes = new()
    {
        [1] = "standard",
        [7] = "scheduler",
        [8] = "MPI",
        [9] = "grid",
        [10] = "java",
        [11] = "parallel",
        [12] = "local",
        [13] = "VM",
    };

    /// <summary>The state's word.</summary>
    public string State => Status is > 0 and var status && status < States.Length ? States[status]
        : string.Create(CultureInfo.InvariantCulture, $"JobStatus {Status ?? 0}");

    /// <summary>Its universe, by HTCondor's word.</summary>
    public string Universe => Number("JobUniverse") is not { } number ? "unknown"
        : number == Vanilla ? "vanilla"
        : Universes.GetValueOrDefault((int)number) ?? number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether it is a job of one slot of one machine.</summary>
    public bool IsVanilla => Number("JobUniverse") == Vanilla;

    /// <summary>The login name of its owner, without a domain.</summary>
    public string? Owner => Text("Owner")?.Split('@')[0];

    /// <summary>
    /// The machine that it has: of <c>slot1_1@o2wn01</c> what is behind the last @. Null for a job that has none now, or of another
    /// universe, which may have several.
    /// </summary>
    public string? Machine => IsVanilla && State is "Running" or "Transferring Output" or "Suspended"
        && Text("RemoteHost") is { } slot && slot[(slot.LastIndexOf('@') + 1)..] is { Length: > 0 } machine
        && machine.Select((letter, at) => HostNames.Allow(letter, at == 0)).All(isAllowed => isAllowed)
            ? machine
            : null;

    /// <summary>The environment that it asks for, by its name or an alias; null for none, and for what is no name.</summary>
    public string? Environment => Text("PisaHpcEnvironment") is { } name && JobIds.IsValid(name) ? name : null;

    /// <summary>When it ended; null as long as it may come back, as one that is removed and whose starter does not answer.</summary>
    public DateTimeOffset? EndedAt => Status == Completed ? Time("CompletionDate") ?? Time("EnteredCurrentStatus") : null;

    /// <summary>What is known of it beside its slot.</summary>
    public BatchJob Job => new()
    {
        State = State,
        Reason = Reason,
        Components = [Id.ToString()],
        SubmitTime = Time("QDate"),
        StartTime = Machine is null ? null : Time("JobCurrentStartDate"),
        EndTime = EndedAt,
    };

    private string? Reason => State switch
    {
        "Held" => Text("HoldReason"),
        "Removed" => Text("RemoveReason"),
        _ => null,
    };

    private long? Status => Number("JobStatus");

    /// <summary>How it ended. A removed one has when it is in the history, and no more in the queue.</summary>
    /// <param name="isPast">Whether it is from the history.</param>
    /// <returns>Null for one that has not.</returns>
    public BatchEnd? End(bool isPast) => Status switch
    {
        Completed => new BatchEnd
        {
            Outcome = HasFailed ? BatchOutcome.Failed : BatchOutcome.Completed,
            State = State,
            ExitCode = IsSignalled ? null : (int?)Number("ExitCode"),
            Signal = IsSignalled ? (int?)Number("ExitSignal") : null,
        },
        Removed when isPast => new BatchEnd { Outcome = BatchOutcome.Cancelled, State = State, Reason = Reason },
        _ => null,
    };

    /// <summary>Its slot. A slot's whole CPU is a slot here.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.InvalidValue"/>: its CPUs are not told.</exception>
    public AllocatedNode Slot(string machine)
    {
        var cpus = (int?)(Number("CpusProvisioned") ?? Number("RequestCpus")) is >= 1 and var count ? count : throw new HpcException(
            ErrorId.InvalidValue,
            $"HTCondor job {Id} says with no number how many CPUs its slot on {machine} has: neither CpusProvisioned nor RequestCpus is "
            + "one, or it is less than 1.",
            Id.ToString(),
            $"See them with: condor_q {Id.Number} -af:r CpusProvisioned RequestCpus");
        return new AllocatedNode(machine, cpus)
        {
            Cpus = cpus,
            MemoryBytes = Number("MemoryProvisioned") is > 0 and var mebibytes ? mebibytes * BytesOfMebibyte : null,
        };
    }

    private bool IsSignalled => Attributes.TryGetProperty("ExitBySignal", out var flag) && flag.ValueKind == JsonValueKind.True;

    private bool HasFailed => IsSignalled || Number("ExitCode") is not (null or 0);

    /// <summary>A number without its fraction, where it is one that counts.</summary>
    private long? Number(string name) => Attributes.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var number) && number is >= 0 and <= int.MaxValue ? (long)number : null;

    private DateTimeOffset? Time(string name) => Attributes.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var seconds) && seconds is > 0 and <= uint.MaxValue ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private string? Text(string name) => Attributes.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text ? text : null;
}
