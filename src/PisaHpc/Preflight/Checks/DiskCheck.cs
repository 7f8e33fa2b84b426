namespace PisaHpc.Preflight.Checks;

/// <summary>Whether there is room for images: bytes as the site asks for (preflight.freeDisk), and inodes, of which an image takes one a file.</summary>
internal sealed class DiskCheck : INodeCheck
{
    /// <summary>Below this part of what the site asks for, the next pull fails.</summary>
    private const int Critical = 4;

    private const double LeastInodes = 0.05;
    private const string Remedy = "Remove images that no environment uses: docker image prune, or give the engine's data-root a larger file system.";

    public string Name => "Disk";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Details is not { } engine)
        {
            return CheckFinding.NoEngine;
        }

        if (evidence.Facts.FreeDiskBytes is not { } free)
        {
            return CheckFinding.Skipped($"df does not know {engine.RootDirectory}");
        }

        var wanted = evidence.Request.Site.Preflight.FreeDiskBytes;
        var found = $"{Size(free)} free at {engine.RootDirectory}, {Size(wanted)} wanted";
        return free < wanted / Critical ? CheckFinding.Failed(found, Remedy)
            : free < wanted ? CheckFinding.Warning(found, Remedy)
            : evidence.Facts.FreeInodes < LeastInodes ? CheckFinding.Warning($"{evidence.Facts.FreeInodes:P0} of the inodes free at {engine.RootDirectory}", Remedy)
            : CheckFinding.Passed(found);
    }

    /// <summary>A size with its unit, to a tenth.</summary>
    internal static string Size(long bytes)
    {
        var (number, unit) = bytes >= 1L << 30 ? (bytes / (double)(1L << 30), "GiB") : bytes >= 1 << 20 ? (bytes / (double)(1 << 20), "MiB") : (bytes / 1024.0, "KiB");
        return $"{number:0.#} {unit}";
    }
}
