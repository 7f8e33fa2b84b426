using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>The files of the hooks for Slurm: those of hooks/slurm, and what is made of the site definition.</summary>
internal static class HookFiles
{
    /// <summary>What the hooks of a node read of the site definition.</summary>
    public const string Settings = HookPlace.Directory + "/slurm-settings";

    /// <summary>The scripts by name.</summary>
    public static IReadOnlyList<string> Scripts { get; } = ["slurm-prolog", "slurm-epilog", "slurm-job"];

    /// <summary>What every node has to have, but for the programs; in the order in which it is put there.</summary>
    /// <param name="site">The site definition.</param>
    /// <param name="deadline">How long a prolog may be at a start.</param>
    public static IReadOnlyList<HookFile> OfNodes(HpcSite site, TimeSpan deadline) =>
    [
        HookPlace.Settings("slurm", site, deadline),
        HookPlace.Shared,
        .. Scripts.Select(script => new HookFile(
            $"{HookPlace.Directory}/{script}", HookPlace.TextOf($"slurm/{script}"), HookFile.Executable)),
    ];

    /// <summary>The part of job_submit.lua that is ours.</summary>
    public static string Lua => HookPlace.TextOf("slurm/pisahpc.lua");

    /// <summary>The names that job_submit.lua knows: environments, other names of them, and the partitions that have one.</summary>
    public static string Names(HpcSite site)
    {
        var names = site.Environments.Keys.Order(StringComparer.Ordinal).Select(name => $"name {name}\n");
        var aliases = HookPlace.Aliases(site).Select(alias => $"alias {alias}\n");
        return string.Concat([.. names, .. aliases, .. HookPlace.Queues(site).Select(queue => $"queue {queue}\n")]);
    }
}
