using System.Text;
using PisaHpc.HostLists;
using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>What hooks are asked for.</summary>
internal sealed record SlurmHookRequest
{
    /// <summary>The site definition.</summary>
    public required HpcSite Site { get; init; }

    /// <summary>What slurm.conf is asked to say.</summary>
    public required SlurmConfRequest Configuration { get; init; }

    /// <summary>The file that slurmctld reads; null asks it.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>The programs that every node has to have, where this machine has them to bring.</summary>
    public IReadOnlyList<HookFile> Programs { get; init; } = [];
}

/// <summary>The hooks of a Slurm, as they stand and as they are to be. It is made by reading and changes nothing.</summary>
internal sealed record SlurmHooks
{
    /// <summary>What its controller says of it.</summary>
    public required SlurmController Controller { get; init; }

    /// <summary>slurm.conf and what it includes, as it stands.</summary>
    public required SlurmConfiguration Standing { get; init; }

    /// <summary>The same without ours.</summary>
    public required SlurmConfiguration Site { get; init; }

    /// <summary>The directory, as slurmctld knows it, in which job_submit.lua is looked for.</summary>
    public required string Directory { get; init; }

    /// <summary>The site's job_submit.lua as it stands; null for none.</summary>
    public required TextChange JobSubmit { get; init; }

    /// <summary>What nodes Slurm has.</summary>
    public IReadOnlyList<string> Nodes =>
    [
        .. Standing.All("NodeName").Where(line => !line.Value.Equals("DEFAULT", StringComparison.OrdinalIgnoreCase))
            .SelectMany(line => HostList.Expand(line.Value))
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>pisahpc.lua, beside job_submit.lua.</summary>
    public string LuaFile => Directory + "/pisahpc.lua";

    /// <summary>The names that it knows.</summary>
    public string NamesFile => Directory + "/pisahpc-environments";

    /// <summary>Reads them.</summary>
    /// <param name="host">The host that controls Slurm.</param>
    /// <param name="file">The file that slurmctld reads; null asks it.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>, <see cref="ErrorId.BatchSystemFailed"/>, <see cref="ErrorId.InvalidValue"/>.
    /// </exception>
    public static async Task<SlurmHooks> ReadAsync(INodeConnection host, string? file, CancellationToken cancellationToken)
    {
        var controller = await SlurmController.ReadAsync(host, cancellationToken);
        if (file is null)
        {
            controller.RequireItControls();
        }

        var path = file ?? controller.ConfigurationFile!;
        var files = new HostFiles(host);
        var real = new Dictionary<string, string>(StringComparer.Ordinal);
        var standing = await SlurmConfiguration.ReadAsync(path, async name =>
        {
            var found = await files.ReadAsync(name, cancellationToken);
            real[name] = found?.Path ?? name;
            return found?.Content;
        });
        if (real[path].StartsWith("/run/slurm/", StringComparison.Ordinal) || real[path].Contains("/conf-cache/", StringComparison.Ordinal))
        {
            throw new HpcException(
                ErrorId.InvalidValue, $"{real[path]} on {controller.Host} is what the controller sends there, and no file to change.", path,
                "Name the host of slurmctld: -Controller.");
        }

        var directory = standing.Directory;
        var submit = await files.ReadAsync(directory + "/job_submit.lua", cancellationToken);
        var text = submit is { } read ? Encoding.Latin1.GetString(read.Content) : null;
        return new SlurmHooks
        {
            Controller = controller,
            Standing = standing with { Files = [.. standing.Files.Select(known => known with { Path = real[known.Path] })] },
            Site = await standing.WithoutOursAsync(),
            Directory = directory,
            JobSubmit = new TextChange(submit?.Path ?? directory + "/job_submit.lua", text, text),
        };
    }

    /// <summary>slurm.conf and what it includes, changed.</summary>
    /// <param name="wanted">The files in the same order.</param>
    public IReadOnlyList<TextChange> ConfigurationChanges(IReadOnlyList<SlurmConfFile> wanted) =>
    [
        .. Standing.Files.Zip(wanted, (now, then) => new TextChange(now.Path, now.Text, then.Text))
            .Where(change => change.Changes)
            .Reverse(),
    ];

    /// <summary>job_submit.lua with our line in it.</summary>
    public TextChange JobSubmitJoined() => JobSubmit with
    {
        After = JobSubmit.Before is { } site ? JobSubmitLua.Joined(JobSubmit.Path, site, Directory) : JobSubmitLua.New(Directory),
    };

    /// <summary>job_submit.lua without our line; no file where there was none.</summary>
    public TextChange JobSubmitLeft() => JobSubmit with
    {
        After = JobSubmit.Before is not { } site || site == JobSubmitLua.New(Directory) ? null : JobSubmitLua.Left(site),
    };

    /// <summary>The jobs that may have containers, or a script that begins with our first line.</summary>
    /// <param name="site">The site definition, whose partitions may have an environment by default.</param>
    public IReadOnlyList<QueuedJob> JobsOfOurs(HpcSite site) =>
    [
        .. Controller.Jobs.Where(job => job.Comment.Contains("docker-", StringComparison.Ordinal)
            || job.Partition.Split(',').Any(name => site.Queues.TryGetValue(name, out var queue) && queue.Environment is not null)),
    ];
}
