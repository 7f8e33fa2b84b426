using System.Globalization;

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
