using PisaHpc.Engines;

namespace PisaHpc.Preflight.Checks;

/// <summary>
/// Whether there is room for images: bytes as the site asks for (preflight.freeDisk), and inodes, of which an image takes one a file.
/// </summary>
internal sealed class DiskCheck : INodeCheck
{
    /// <summary>Below this part of what the site asks for, the next pull fails.</summary>
    private const int Critical = 4;

    private const double LeastInodes = 0.05;

    public string Name => "Disk";

    public CheckFinding Examine(NodeEvidence evidence)
    {
        if (evidence.Details is not { } engine)
        {
            return CheckFinding.NoEngine(evidence);
        }

        if (evidence.Facts.FreeDiskBytes is not { } free)
        {
            return CheckFinding.Skipped($"df does not know {engine.RootDirectory}");
        }

        var remedy = $"Remove images that no environment uses: {evidence.EngineTerms.PruneCommand}, "
            + $"or give the engine's {evidence.EngineTerms.DirectoryKey} a larger file system.";
        var wanted = evidence.Request.Site.Preflight.FreeDiskBytes;
        var found = $"{ByteSize.Words(free)} free at {engine.RootDirectory}, {ByteSize.Words(wanted)} wanted";
        return free < wanted / Critical ? CheckFinding.Failed(found, remedy)
            : free < wanted ? CheckFinding.Warning(found, remedy)
            : evidence.Facts.FreeInodes is < LeastInodes and var inodes
                ? CheckFinding.Warning($"{(int)(100 * inodes)}% of the inodes free at {engine.RootDirectory}", remedy)
                : CheckFinding.Passed(found);
    }
}
