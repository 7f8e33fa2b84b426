using System.Text;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>The files of the hooks for Slurm: those of hooks/slurm, and what is made of the site definition.</summary>
internal static class HookFiles
{
    /// <summary>Where every node has them. The first line of a batch script names it, so that it is the same everywhere.</summary>
    public const string Directory = "/usr/lib/pisahpc";

    /// <summary>What the hooks of a node read of the site definition.</summary>
    public const string Settings = Directory + "/slurm-settings";

    /// <summary>The program that starts and stops jobs.</summary>
    public const string Hook = Directory + "/pisahpc-hook";

    /// <summary>The program that hands a command to a container.</summary>
    public const string Run = Directory + "/pisahpc-run";

    /// <summary>What runs in a container and starts commands there, which the first looks for beside itself.</summary>
    public const string Agent = Directory + "/pisahpc-agent";

    /// <summary>The scripts, by name, with their modes.</summary>
    public static IReadOnlyList<(string Name, string Mode)> Scripts { get; } =
    [
        ("slurm-hook.sh", HookFile.Readable), ("slurm-prolog", HookFile.Executable), ("slurm-epilog", HookFile.Executable),
        ("slurm-job", HookFile.Executable),
    ];

    /// <summary>What every node has to have, but for the programs; in the order in which it is put there.</summary>
    /// <param name="site">The site definition.</param>
    /// <param name="deadline">How long a prolog may be at a start.</param>
    public static IReadOnlyList<HookFile> OfNodes(HpcSite site, TimeSpan deadline) =>
    [
        new(Settings, SettingsOf(site, deadline), HookFile.Readable),
        .. Scripts.Select(script => new HookFile($"{Directory}/{script.Name}", TextOf(script.Name), script.Mode)),
    ];

    /// <summary>The part of job_submit.lua that is ours.</summary>
    public static string Lua => TextOf("pisahpc.lua");

    /// <summary>The names that job_submit.lua knows: environments, other names of them, and the partitions that have one.</summary>
    public static string Names(HpcSite site)
    {
        var names = site.Environments.Keys.Order(StringComparer.Ordinal).Select(name => $"name {name}\n");
        var aliases = Aliases(site).Select(alias => $"alias {alias}\n");
        return string.Concat([.. names, .. aliases, .. Queues(site).Select(queue => $"queue {queue}\n")]);
    }

    private static string SettingsOf(HpcSite site, TimeSpan deadline) => string.Join(
        '\n',
        "# What the hooks read. Installing them again writes it anew.",
        $"site {site.Path}",
        $"run {site.RunDirectory}",
        $"deadline {deadline.TotalSeconds:0}",
        $"queues {string.Join(' ', Queues(site))}",
        $"aliases {string.Join(' ', Aliases(site))}",
        "");

    private static IEnumerable<string> Queues(HpcSite site) => site.Queues.Values
        .Where(queue => queue.Environment is not null)
        .Select(queue => queue.Name)
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Aliases(HpcSite site) => site.Environments
        .SelectMany(environment => environment.Value.Aliases.Select(alias => alias.Value))
        .Order(StringComparer.Ordinal);

    private static string TextOf(string name)
    {
        using var stream = typeof(HookFiles).Assembly.GetManifestResourceStream($"hooks/slurm/{name}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
