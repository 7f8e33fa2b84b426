using System.Globalization;
using PisaHpc.Batch;
using PisaHpc.Devices;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.Preflight;

/// <summary>What a node says of itself for its checks, read in one round trip.</summary>
internal sealed record PreflightFacts
{
    private static readonly NodeScript Script = NodeScript.Of("Preflight/preflight-facts.sh");

    /// <summary>How far the node's clock is from this machine's, in seconds: at least so much, since the question took its time.</summary>
    public double ClockSkewSec { get; init; }

    /// <summary>The release of the kernel.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Free bytes where the engine keeps its images; null when it could not be asked.</summary>
    public long? FreeDiskBytes { get; init; }

    /// <summary>The part of the inodes there that is free, 0 to 1; null where the file system does not count them.</summary>
    public double? FreeInodes { get; init; }

    /// <summary>The type of the file system that jobs' keys lie on, as stat -f names it.</summary>
    public string RunFileSystem { get; init; } = "";

    /// <summary>Memory in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Settings of the kernel by their path below /proc/sys; what the kernel does not have is not there.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new Dictionary<string, string>();

    /// <summary>Users as the node knows them; null for one that it does not know.</summary>
    public IReadOnlyDictionary<string, JobOwner?> Users { get; init; } = new Dictionary<string, JobOwner?>();

    /// <summary>The InfiniBand devices.</summary>
    public IReadOnlyList<IbDevice> Devices { get; init; } = [];

    /// <summary>Asks a node.</summary>
    /// <param name="engineDirectory">Where its engine keeps images; empty when the engine does not answer.</param>
    /// <param name="users">The users to look up.</param>
    /// <param name="clock">This machine's clock.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/> when the node's shell did not answer as expected.</exception>
    public static async Task<PreflightFacts> ReadAsync(
        INodeConnection connection,
        string engineDirectory,
        HpcSite site,
        IEnumerable<string> users,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var asked = clock.GetUtcNow();
        var said = await ScriptReply.AskAsync(
            connection, Script, [engineDirectory, site.RunDirectory, .. users], cancellationToken);
        var answered = clock.GetUtcNow();
        var now = Field(said.All, "now", 0) ?? throw new HpcException(
            ErrorId.NodeCommandFailed,
            $"Node {connection.Node} does not tell its time: date +%s says {Quote.Of(said["now"])}.",
            connection.Node);
        return Of(said.All, connection.Node, said.Text) with
        {
            ClockSkewSec = SkewOf(DateTimeOffset.FromUnixTimeSeconds(now), asked, answered),
        };
    }

    /// <summary>
    /// The node's time was read at some moment between the question and the answer, and it says whole seconds: what lies outside of that
    /// is skew for certain.
    /// </summary>
    internal static double SkewOf(DateTimeOffset node, DateTimeOffset asked, DateTimeOffset answered)
    {
        var ahead = (node - answered).TotalSeconds;
        var behind = (asked - node).TotalSeconds - 1;
        return ahead > 0 ? ahead : behind > 0 ? -behind : 0;
    }

    private static PreflightFacts Of(IReadOnlyDictionary<string, string> said, string node, string text) => new()
    {
        Kernel = said.GetValueOrDefault("kernel", ""),
        FreeDiskBytes = Field(said, "disk", 3) * 1024,
        FreeInodes = Field(said, "inodes", 1) is > 0 and { } all ? (double?)Field(said, "inodes", 3) / all : null,
        RunFileSystem = said.GetValueOrDefault("run", ""),
        MemoryBytes = Field(said, "memory", 0) * 1024,
        Sysctl = said.Where(row => row.Key.Contains('/', StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal),
        Users = said.Where(row => row.Key.StartsWith("user ", StringComparison.Ordinal))
            .ToDictionary(row => row.Key["user ".Length..], row => UserOf(row.Key["user ".Length..], row.Value), StringComparer.Ordinal),
        Devices = IbDeviceProbe.Parse(node, text),
    };

    private static JobOwner? UserOf(string name, string numbers)
    {
        var fields = numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ids = fields.Where(field => field.All(char.IsAsciiDigit))
            .Select(field => uint.Parse(field, CultureInfo.InvariantCulture))
            .ToList();
        return ids.Count >= 2 && ids.Count == fields.Length
            ? new JobOwner { Name = name, Uid = ids[0], Gid = ids[1], Groups = JobOwners.Ordered(ids[1], ids.Skip(2)) }
            : null;
    }

    /// <summary>A number among the fields of a row; of df's row the first field is the file system.</summary>
    private static long? Field(IReadOnlyDictionary<string, string> said, string name, int at)
    {
        var fields = said.GetValueOrDefault(name, "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return at < fields.Length && long.TryParse(fields[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }
}
