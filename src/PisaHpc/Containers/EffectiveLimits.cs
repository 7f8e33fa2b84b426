using System.Globalization;
using PisaHpc.Engines;
using PisaHpc.Nodes;

namespace PisaHpc.Containers;

/// <summary>The limits of a container, as one of its own processes sees them.</summary>
/// <param name="MemlockBytes">Locked memory, the soft limit; -1 is unlimited.</param>
/// <param name="OpenFiles">Open files, the soft limit; -1 is unlimited.</param>
/// <param name="OpenFilesHard">Open files, the hard limit; -1 is unlimited.</param>
/// <param name="KernelOpenFiles">The most that the kernel lets anybody raise open files to: fs.nr_open (proc_sys_fs(5)).</param>
/// <param name="ShmBytes">The size of /dev/shm.</param>
internal sealed record EffectiveLimits(long? MemlockBytes, long? OpenFiles, long? OpenFilesHard, long? KernelOpenFiles, long? ShmBytes)
{
    /// <summary>Reads what effective-limits.sh printed; what an image's programs did not tell is null.</summary>
    public static EffectiveLimits Read(IReadOnlyList<string> lines)
    {
        var memlock = RowOf(lines, "Max locked memory");
        var files = RowOf(lines, "Max open files");
        var kernel = lines.Where(line => line.Length > 0 && line.All(char.IsAsciiDigit)).Select(NumberOf).FirstOrDefault();
        return new EffectiveLimits(
            LimitOf(memlock, field: 0), LimitOf(files, field: 0), LimitOf(files, field: 1), kernel, ShmOf(lines));
    }

    /// <summary>A row of proc_pid_limits(5) without its name: soft limit, hard limit, unit.</summary>
    private static string[] RowOf(IReadOnlyList<string> lines, string name)
    {
        var row = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return row?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
    }

    private static long? LimitOf(string[] row, int field) =>
        row.Length <= field ? null : row[field] == "unlimited" ? -1 : NumberOf(row[field]);

    private static long? ShmOf(IReadOnlyList<string> lines) =>
        lines.Count > 0 && lines[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var blocks, ..]
            ? NumberOf(blocks) * 1024
            : null;

    private static long? NumberOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>
/// Looks at limits from inside a container, which is where they count: the engine's own limits, the node's, and what the kernel let
/// through come together only there. The container is removed whatever happens: by this process at the end or when it is interrupted, by
/// the engine when it ends by itself; by the next check of the node when this process was killed before it was started.
/// </summary>
internal static class EffectiveLimitsProbe
{
    /// <summary>The label of these containers.</summary>
    public const string Label = "pisahpc.preflight";

    private const string Nobody = "65534:65534";
    private const string End = "that is all";

    private static readonly NodeScript Script = NodeScript.Of("Containers/effective-limits.sh");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A container to look into: nobody's, and without any right.</summary>
    /// <param name="image">The image; a shell and a few programs are all that it needs.</param>
    /// <param name="purpose">What it is for, as its label's value.</param>
    public static ContainerSpec SpecOf(string image, string purpose) => new()
    {
        Name = "pisahpc-preflight-" + ContainerNames.NewAttempt(),
        Image = image,
        Command = Script.Command(),
        User = Nobody,
        SecurityOptions = ["no-new-privileges"],
        AutoRemove = true,
        Labels = new Dictionary<string, string> { [Label] = purpose },
    };

    /// <summary>Makes the container, reads its limits and removes it.</summary>
    /// <param name="spec">The container, of <see cref="SpecOf"/>.</param>
    /// <exception cref="HpcException">
    /// The ids of <see cref="IContainerEngine"/>; <see cref="ErrorId.NodeCommandFailed"/> when the container told nothing.
    /// </exception>
    public static async Task<EffectiveLimits> RunAsync(IContainerEngine engine, ContainerSpec spec, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            return await ReadAsync(engine, await ContainerLaunch.RunAsync(engine, spec, limit.Token), limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unread(engine, $"said nothing within {Patience.TotalSeconds:0} s");
        }
        finally
        {
            await ContainerStarter.TakeBackAsync(engine, spec.Name);
        }
    }

    private static async Task<EffectiveLimits> ReadAsync(IContainerEngine engine, string id, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (var line in engine.ReadLogAsync(id, tail: null, follow: true, cancellationToken))
        {
            if (line.Text == End)
            {
                return EffectiveLimits.Read(lines);
            }

            lines.Add(line.Text);
        }

        throw Unread(engine, $"ended early: {string.Join(" | ", lines.TakeLast(2))}");
    }

    private static HpcException Unread(IContainerEngine engine, string what) =>
        new(ErrorId.NodeCommandFailed, $"a container on {engine.Node} {what}", engine.Node);
}
