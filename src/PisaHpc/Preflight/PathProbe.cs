using PisaHpc.Nodes;

namespace PisaHpc.Preflight;

/// <summary>Whether paths exist on a node.</summary>
/// <param name="Existing">Those that do.</param>
/// <param name="Missing">Those that do not.</param>
/// <param name="Silent">Those for which there was no answer in time: the file system behind them is slow, or hangs.</param>
internal sealed record PathAnswers(IReadOnlySet<string> Existing, IReadOnlySet<string> Missing, IReadOnlySet<string> Silent)
{
    /// <summary>The type of the file system that each lies on, as stat -f names it; empty where it does not tell.</summary>
    public IReadOnlyDictionary<string, string> FileSystems { get; init; } = new Dictionary<string, string>();

    public static PathAnswers None { get; } = new(new HashSet<string>(), new HashSet<string>(), new HashSet<string>());
}

/// <summary>
/// Asks for each path by itself, all at a time. A path below a mount whose server is gone holds whoever asks for it in the kernel, where
/// no signal reaches him (nfs(5), "hard"): the others are answered all the same, and the silent ones are named.
/// </summary>
internal static class PathProbe
{
    /// <summary>How long a file system may take; a first look at an automount is among them.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What to do about a path for which there was no answer in time.</summary>
    public const string SilenceRemedy =
        "Ask again: a file system may be slow at its first use. If it stays so it hangs: check its server, and the node's mounts: findmnt.";

    private static readonly NodeScript Script = NodeScript.Of("Preflight/paths.sh");

    /// <summary>Asks a node.</summary>
    /// <param name="paths">Absolute paths without line ends.</param>
    /// <param name="patience">How long to wait for the last of them.</param>
    public static async Task<PathAnswers> ReadAsync(
        INodeConnection connection, IReadOnlyCollection<string> paths, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (paths.Count == 0)
        {
            return PathAnswers.None;
        }

        var (existing, missing) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var process = await connection.StartAsync(Script.Command(paths), cancellationToken);
        try
        {
            using var output = new StreamReader(process.Output, leaveOpen: true);
            while (existing.Count + missing.Count < paths.Count && await output.ReadLineAsync(limit.Token) is { } line)
            {
                var end = line.LastIndexOf('\t');
                var path = end < 0 ? line[1..] : line[1..end];
                (line.StartsWith('+') ? existing : missing).Add(path);
                types[path] = end < 0 ? "" : line[(end + 1)..];
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is up: whichever path has not been named is silent.
        }
        finally
        {
            await EndAsync(process);
        }

        return new PathAnswers(existing, missing, paths.Except(existing).Except(missing).ToHashSet(StringComparer.Ordinal))
        {
            FileSystems = types,
        };
    }

    private static async Task EndAsync(INodeProcess process)
    {
        try
        {
            await process.DisposeAsync();
        }
        catch (HpcException failure) when (failure.Id == ErrorId.NodeCommandFailed)
        {
            // Who asks a file system that hangs is held in the kernel: he ends when it answers, and the answer names the path.
        }
    }
}
