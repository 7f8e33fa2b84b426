using PisaHpc.Nodes;

namespace PisaHpc.Preflight;

/// <summary>Whether paths exist on a node.</summary>
/// <param name="Existing">Those that do.</param>
/// <param name="Missing">Those that do not.</param>
/// <param name="Silent">Those for which there was no answer in time: the file system behind them hangs.</param>
internal sealed record PathAnswers(IReadOnlySet<string> Existing, IReadOnlySet<string> Missing, IReadOnlySet<string> Silent)
{
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

    private const string Script = """
        for path in "$@"; do
          ( if [ -e "$path" ]; then printf '+%s\n' "$path"; else printf -- '-%s\n' "$path"; fi ) &
        done
        wait
        """;

    /// <summary>Asks a node.</summary>
    /// <param name="connection">The node.</param>
    /// <param name="paths">Absolute paths without line ends.</param>
    /// <param name="patience">How long to wait for the last of them.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    public static async Task<PathAnswers> ReadAsync(
        INodeConnection connection, IReadOnlyCollection<string> paths, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (paths.Count == 0)
        {
            return PathAnswers.None;
        }

        var (existing, missing) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var process = await connection.StartAsync(["sh", "-c", Script, "paths", .. paths], cancellationToken);
        try
        {
            using var output = new StreamReader(process.Output, leaveOpen: true);
            while (existing.Count + missing.Count < paths.Count && await output.ReadLineAsync(limit.Token) is { } line)
            {
                (line.StartsWith('+') ? existing : missing).Add(line[1..]);
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

        return new PathAnswers(existing, missing, paths.Except(existing).Except(missing).ToHashSet(StringComparer.Ordinal));
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
