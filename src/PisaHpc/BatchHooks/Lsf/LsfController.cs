using System.Globalization;
using PisaHpc.Nodes;

namespace PisaHpc.BatchHooks.Lsf;

/// <summary>What a host says of the LSF that it manages.</summary>
internal sealed record LsfController
{
    private static readonly NodeScript Script = NodeScript.Of("BatchHooks/Lsf/lsf-controller.sh");

    /// <summary>The host's own name.</summary>
    public required string Host { get; init; }

    /// <summary>The cluster's name.</summary>
    public required string Cluster { get; init; }

    /// <summary>The directory in which LSF looks for esubs: LSF_EXT_SERVERDIR where it is set, else LSF_SERVERDIR.</summary>
    public required string ServerDirectory { get; init; }

    /// <summary>The cluster's lsb.applications(5).</summary>
    public required string ApplicationsFile { get; init; }

    /// <summary>The hosts that lsf.cluster(5) names and that jobs run on.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The site's own pre- and post-executions of queues and application profiles.</summary>
    public IReadOnlyList<LsfCall> Executions { get; init; } = [];

    /// <summary>The lines outside of our block that call what is ours.</summary>
    public IReadOnlyList<LsfCall> CallsOfOurs { get; init; } = [];

    /// <summary>How many jobs each application profile has that LSF runs with, by its name; null when LSF does not answer.</summary>
    public IReadOnlyDictionary<string, int>? Profiles { get; init; }

    /// <summary>Why LSF does not answer; null when it does.</summary>
    public string? Refusal { get; init; }

    /// <summary>Asks a host.</summary>
    /// <param name="configuration">
    /// The lsf.conf; null for the one of LSF_ENVDIR, which counts for nothing to root, else /etc/lsf.conf.
    /// </param>
    /// <param name="serverDirectory">
    /// LSF_SERVERDIR; null for what lsf.conf says, and the profile.lsf beside it, which root does not run where others can change it.
    /// </param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: LSF's files are not found; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public static async Task<LsfController> ReadAsync(
        INodeConnection connection, string? configuration, string? serverDirectory, CancellationToken cancellationToken)
    {
        var said = await ScriptReply.AskAsync(connection, Script, [configuration ?? ""], cancellationToken);
        var host = said["host"] ?? connection.Node;
        if (!said.Has("cluster"))
        {
            throw Missing(
                said["conf"]!, $"There is no {said["conf"]} on {host}.",
                recommendedAction: "Name the management host: -Controller; or the file: -LsfConf.");
        }

        var untrusted = said["untrusted"] is { } profile
            ? $"; root does not run {Quote.Of(profile)}: others than root can change it, or a directory above it"
            : "";
        return new LsfController
        {
            Host = host,
            Cluster = said["cluster"] is { Length: > 0 } cluster ? cluster : throw Missing(
                said["conf"]!,
                $"{host} does not say which cluster it is of: lsid does not answer, and {said["confdir"]} has not just one lsf.cluster "
                + $"file{untrusted}.",
                recommendedAction: "Run it where lsid answers: -Controller."),
            ServerDirectory = (serverDirectory ?? said["server"]) is { Length: > 0 } directory ? directory.TrimEnd('/') : throw Missing(
                said["conf"]!, $"Neither {said["conf"]} nor profile.lsf beside it says LSF_SERVERDIR{untrusted}.",
                recommendedAction: "Name it: -LsfServerDir."),
            ApplicationsFile = said["applications"]!,
            Hosts = [.. Words(said["hosts"]).Distinct(StringComparer.Ordinal)],
            Executions = LsfCall.Of(said, "theirs"),
            CallsOfOurs = LsfCall.Of(said, "calls"),
            Profiles = said["profiles"] is { } profiles ? Words(profiles).Select(word => word.Split('=', 2)).DistinctBy(pair => pair[0])
                .ToDictionary(pair => pair[0], pair => Number(pair[^1]), StringComparer.Ordinal) : null,
            Refusal = said["refused"] is { } refusal ? refusal + untrusted : null,
        };
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string[] Words(string? text) => (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static HpcException Missing(string file, string problem, string recommendedAction) =>
        new(ErrorId.BatchConfigurationInvalid, problem, file, recommendedAction);
}
