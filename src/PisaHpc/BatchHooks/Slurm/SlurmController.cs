using System.Text;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>What a host says of the Slurm that it controls.</summary>
internal sealed record SlurmController
{
    private static readonly NodeScript Script = NodeScript.Of("BatchHooks/Slurm/slurm-controller.sh");

    /// <summary>The host's own name.</summary>
    public required string Host { get; init; }

    /// <summary>
    /// What slurmctld runs with, as <c>scontrol show config</c> says it, by key in any case; empty when it does not answer.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Running { get; init; }

    /// <summary>Why it does not answer; null when it does.</summary>
    public string? Refusal { get; init; }

    /// <summary>The jobs that are not over.</summary>
    public required IReadOnlyList<QueuedJob> Jobs { get; init; }

    /// <summary>The file that slurmctld reads.</summary>
    public string? ConfigurationFile => Running.GetValueOrDefault("SLURM_CONF");

    /// <summary>Whether this Slurm runs the scripts of several lines: it counts them then.</summary>
    public bool TakesSeveralScripts => Running.ContainsKey("Prolog[0]") || Running.ContainsKey("Epilog[0]");

    /// <summary>The hosts that control it.</summary>
    private IEnumerable<string> Controllers => Running
        .Where(setting => setting.Key.StartsWith("SlurmctldHost[", StringComparison.OrdinalIgnoreCase))
        .Select(setting => setting.Value.Split('(')[0]);

    /// <summary>Asks a host.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<SlurmController> ReadAsync(INodeConnection connection, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(connection, Script, [], cancellationToken);
        return new SlurmController
        {
            Host = said["host"] ?? connection.Node,
            Running = SettingsIn(Decode(said["config"])),
            Refusal = said.Has("config") ? null
                : Quote.Words(Decode(said["refused"]) is { Length: > 0 } words ? words : "it has no scontrol"),
            Jobs = [.. Decode(said["jobs"]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(QueuedJob.Parse).OfType<QueuedJob>()],
        };
    }

    /// <summary>Makes sure that what is written on this host is what slurmctld reads: a node may have a copy of it, or a cache.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchSystemFailed"/>: slurmctld does not answer; <see cref="ErrorId.InvalidValue"/>: it runs elsewhere.
    /// </exception>
    public void RequireItControls()
    {
        if (Refusal is not null)
        {
            throw new HpcException(
                ErrorId.BatchSystemFailed, $"slurmctld was asked on {Host} for its configuration and did not answer: {Refusal}", Host,
                "Run it on the host of slurmctld, or name that with -Controller; or name the file itself with -SlurmConf.");
        }

        if (!Controllers.Any(controller => ThisMachine.AreOne(controller, Host)))
        {
            throw new HpcException(
                ErrorId.InvalidValue,
                $"{Host} does not control its Slurm, which {string.Join(", ", Controllers)} does: {ConfigurationFile} is no more than a "
                + "copy there.",
                Host,
                $"Name the host that does: -Controller {Controllers.FirstOrDefault()}.");
        }
    }

    /// <summary>Lines <c>KEY = VALUE</c>.</summary>
    private static Dictionary<string, string> SettingsIn(string config) => config.Split('\n')
        .Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
        .Where(pair => pair.Length == 2)
        .DistinctBy(pair => pair[0], StringComparer.OrdinalIgnoreCase)
        .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);

    private static string Decode(string? text) => Encoding.UTF8.GetString(Convert.FromBase64String(text ?? ""));
}

/// <summary>A job that is not over.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Partition">Its partition, or several by commas.</param>
/// <param name="Comment">What its user says of it.</param>
internal sealed record QueuedJob(string Id, string Partition, string Comment)
{
    /// <summary>Reads a line of squeue's.</summary>
    /// <returns>Null for a line of a comment that has several.</returns>
    public static QueuedJob? Parse(string line) => line.Split(' ', 3) is [var id, var partition, var comment]
        && id.Length > 0 && id.All(char.IsAsciiDigit)
        ? new QueuedJob(id, partition, comment)
        : null;
}
