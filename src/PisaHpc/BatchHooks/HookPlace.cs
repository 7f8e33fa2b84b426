using System.Text;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks;

/// <summary>What every node has of hooks, whatever its batch system: the programs, and what the scripts of all of them read.</summary>
internal static class HookPlace
{
    /// <summary>Where every node has them. The first line of a batch script names it, so that it is the same everywhere.</summary>
    public const string Directory = "/usr/lib/pisahpc";

    /// <summary>The program that starts and stops jobs.</summary>
    public const string Hook = Directory + "/pisahpc-hook";

    /// <summary>The program that hands a command to a container.</summary>
    public const string Run = Directory + "/pisahpc-run";

    /// <summary>What runs in a container and starts commands there, which the first looks for beside itself.</summary>
    public const string Agent = Directory + "/pisahpc-agent";

    /// <summary>
    /// After its deadline, a start has this to take back what it started, and then its hook ends it (take_back in hook.sh).
    /// </summary>
    public static TimeSpan TakeBack { get; } = TimeSpan.FromSeconds(20);

    /// <summary>What the scripts of every batch system do alike.</summary>
    public static HookFile Shared { get; } = new($"{Directory}/hook.sh", TextOf("hook.sh"), HookFile.Readable);

    /// <summary>The files of all batch systems' hooks that a node needs no more when one's go: none while it has another's.</summary>
    /// <param name="system">The batch system whose hooks go, in small letters.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task<IReadOnlyList<string>> SharedLeftBy(string system, HostFiles node, CancellationToken cancellationToken)
    {
        string[] others = [.. Systems.Where(other => other != system).Select(other => $"{Directory}/{other}-settings")];
        var standing = await node.LookAsync(others, cancellationToken);
        return standing.Values.All(found => found is null) ? [Shared.Path, Hook, Run, Agent] : [];
    }

    private static readonly string[] Systems = ["htcondor", "lsf", "slurm"];

    /// <summary>Makes sure that a node has the programs, or gets them.</summary>
    /// <param name="brought">What it gets.</param>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchHookIncomplete"/>; <see cref="ErrorId.NodeCommandFailed"/>.</exception>
    public static async Task RequireProgramsAsync(
        INodeConnection node, IEnumerable<HookFile> brought, CancellationToken cancellationToken)
    {
        string[] own = [.. new[] { Hook, Run }.Except(brought.Select(file => file.Path))];
        var programs = await new HostFiles(node).LookAsync(own, cancellationToken);
        if (programs.FirstOrDefault(program => program.Value is null).Key is { } missing)
        {
            throw new HpcException(
                ErrorId.BatchHookIncomplete, $"Node {node.Node} has no {missing}, and there is none here to bring.", node.Node,
                $"Name the directory that has {missing[(missing.LastIndexOf('/') + 1)..]}: -ProgramPath.");
        }
    }

    /// <summary>A file of hooks/, by its path there.</summary>
    public static string TextOf(string name)
    {
        using var stream = typeof(HookPlace).Assembly.GetManifestResourceStream($"hooks/{name}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>What the hooks read of the site definition.</summary>
    /// <param name="system">The batch system, in small letters.</param>
    /// <param name="deadline">How long a start may last.</param>
    /// <param name="ofNode">What they read of the node beside, a line each.</param>
    public static HookFile Settings(string system, HpcSite site, TimeSpan deadline, params IEnumerable<string> ofNode)
    {
        var text = string.Join(
            '\n',
            (string[])
            [
                "# What the hooks read. Installing them again writes it anew.",
                $"site {site.Path}",
                $"run {site.RunDirectory}",
                $"deadline {deadline.TotalSeconds:0}",
                $"queues {string.Join(' ', Queues(site))}",
                $"aliases {string.Join(' ', Aliases(site))}",
                .. ofNode,
                "",
            ]);
        return new HookFile($"{Directory}/{system}-settings", text, HookFile.Readable);
    }

    /// <summary>The queues that have an environment of their own.</summary>
    public static IEnumerable<string> Queues(HpcSite site) => site.Queues.Values
        .Where(queue => queue.Environment is not null)
        .Select(queue => queue.Name)
        .Order(StringComparer.Ordinal);

    /// <summary>Other names of environments.</summary>
    public static IEnumerable<string> Aliases(HpcSite site) => site.Environments
        .SelectMany(environment => environment.Value.Aliases.Select(alias => alias.Value))
        .Order(StringComparer.Ordinal);
}
