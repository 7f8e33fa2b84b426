using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.HTCondor;

/// <summary>What hooks are asked for.</summary>
internal sealed record HTCondorHookRequest
{
    /// <summary>The site definition.</summary>
    public required HpcSite Site { get; init; }

    /// <summary>How long a start may last.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(80);

    /// <summary>The directory of HTCondor's programs on nodes; null for the one in which a node's PATH has them.</summary>
    public string? Programs { get; init; }

    /// <summary>Whether a default keyword of the site's stays beside ours.</summary>
    public bool IsForced { get; init; }

    /// <summary>The programs of ours that every node has to have, where this machine has them to bring.</summary>
    public IReadOnlyList<HookFile> Brought { get; init; } = [];
}

/// <summary>The files of HTCondor's hooks.</summary>
internal static class HTCondorHooks
{
    /// <summary>What the batch system is called in the names of files.</summary>
    public const string System = "htcondor";

    private static readonly string[] Scripts =
        ["htcondor-hook.sh", "htcondor-job.sh", "htcondor-run.sh", "htcondor-root", "htcondor-exit", "htcondor-prepare", "htcondor-enter"];

    /// <summary>What HTCondor runs in place of each job: a name of the agent's program.</summary>
    public static HookLink Wrapper { get; } = new(HTCondorLines.Wrapper, HookPlace.Run[(HookPlace.Directory.Length + 1)..]);

    /// <summary>Those of a node but the programs, in the order in which they are put there.</summary>
    /// <param name="deadline">How long a start may last.</param>
    public static IReadOnlyList<HookFile> OfNode(HpcSite site, TimeSpan deadline, HTCondorNode node) =>
    [
        HookPlace.Settings(System, site, deadline, [
            $"bin {node.Programs}", $"starter {node.Starter}", $"address {node.AddressFile}", $"account {node.Account}",
            $"lines {HTCondorLines.FileOn(node)}", .. node["config"] is { } config ? [$"config {config}"] : Array.Empty<string>(),
        ]),
        HookPlace.Shared,
        .. Scripts.Select(script => new HookFile(
            $"{HookPlace.Directory}/{script}", HookPlace.TextOf($"{System}/{script}"),
            script.EndsWith(".sh", StringComparison.Ordinal) ? HookFile.Readable : HookFile.Executable)),
    ];
}
