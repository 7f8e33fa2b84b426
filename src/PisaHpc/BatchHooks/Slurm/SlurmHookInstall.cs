using PisaHpc.Nodes;
using PisaHpc.Setup;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// Puts Slurm's hooks in place: first the files on every node, then what the controller reads, its configuration last. So neither slurmd
/// nor slurmctld ever meets a name without its file, however this ends.
/// </summary>
internal sealed class SlurmHookInstall
{
    private readonly HpcSite _site;
    private readonly SlurmHooks _hooks;
    private readonly SlurmConfPlan _configuration;

    private SlurmHookInstall(HpcSite site, SlurmHooks hooks, SlurmConfPlan configuration, IReadOnlyList<HookFile> files) =>
        (_site, _hooks, _configuration, NodeFiles) = (site, hooks, configuration, files);

    /// <summary>The files of every node, in the order in which they are put there: who is called comes last.</summary>
    public IReadOnlyList<HookFile> NodeFiles { get; }

    /// <summary>The nodes that Slurm has.</summary>
    public IReadOnlyList<string> Nodes => _hooks.Nodes;

    /// <summary>Plans it.</summary>
    /// <param name="host">The host that controls Slurm.</param>
    /// <exception cref="HpcException">As <see cref="SlurmHooks.ReadAsync"/> and <see cref="SlurmConfPlan.Of"/> have it.</exception>
    public static async Task<SlurmHookInstall> PlanAsync(
        INodeConnection host, SlurmHookRequest request, CancellationToken cancellationToken)
    {
        var hooks = await SlurmHooks.ReadAsync(host, request.ConfigurationFile, cancellationToken);
        var wanted = request.Configuration with { TakesSeveralScripts = hooks.Controller.TakesSeveralScripts };
        var plan = SlurmConfPlan.Of(hooks.Site, wanted);
        return new SlurmHookInstall(
            request.Site,
            hooks,
            plan,
            [.. request.Programs, .. HookFiles.OfNodes(request.Site, wanted.Deadline), .. plan.Scripts]);
    }

    /// <summary>Which files a node lacks, or has otherwise.</summary>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchHookIncomplete"/>: it has a program not, and there is none to bring.
    /// </exception>
    public async Task<IReadOnlyList<HookFile>> MissingAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        var files = new HostFiles(node);
        string[] foreign = [.. new[] { HookPlace.Hook, HookPlace.Run }.Except(NodeFiles.Select(file => file.Path))];
        var programs = await files.LookAsync(foreign, cancellationToken);
        if (programs.FirstOrDefault(program => program.Value is null).Key is { } missing)
        {
            throw new HpcException(
                ErrorId.BatchHookIncomplete, $"Node {node.Node} has no {missing}, and there is none here to bring.", node.Node,
                $"Name the directory that has {missing[(missing.LastIndexOf('/') + 1)..]}: -ProgramPath.");
        }

        return await files.DifferentAsync(NodeFiles, cancellationToken);
    }

    /// <summary>Puts files on a node.</summary>
    public static async Task PutAsync(INodeConnection node, IReadOnlyList<HookFile> files, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            await new HostFiles(node).PutAsync(file, cancellationToken);
        }
    }

    /// <summary>What changes on a node.</summary>
    public static HpcBatchHook OfNode(string node, IReadOnlyList<HookFile> files) => new()
    {
        Node = node,
        System = nameof(Batch.Scheduler.Slurm),
        Role = nameof(HookRole.Node),
        Changed = files.Count > 0,
        Changes = [.. files.Select(file => $"{file.Path}: put it, mode 0{file.Mode}")],
    };

    /// <summary>What changes on the controller.</summary>
    public async Task<ControllerChange> OnControllerAsync(INodeConnection host, CancellationToken cancellationToken)
    {
        HookFile[] files =
        [
            new(_hooks.NamesFile, HookFiles.Names(_site), HookFile.Readable), new(_hooks.LuaFile, HookFiles.Lua, HookFile.Readable),
        ];
        var keys = _configuration.Keys;
        return new ControllerChange
        {
            Host = _hooks.Controller.Host,
            Puts = await new HostFiles(host).DifferentAsync(files, cancellationToken),
            Texts =
            [
                .. new[] { _hooks.JobSubmitJoined() }.Where(change => change.Changes), .. _hooks.ConfigurationChanges(_configuration.Files),
            ],
            NextStep = keys.Contains(SlurmConfPlan.NeedsRestart)
                ? $"restart slurmctld and every slurmd, which {SlurmConfPlan.NeedsRestart} needs; jobs go on"
                : "scontrol reconfigure",
        };
    }
}

/// <summary>What changes on a controller.</summary>
internal sealed record ControllerChange
{
    private static readonly NodeScript LuaCheck = NodeScript.Of("BatchHooks/Slurm/lua-check.sh");

    /// <summary>The controller's name.</summary>
    public required string Host { get; init; }

    /// <summary>The files of ours that are put there first.</summary>
    public IReadOnlyList<HookFile> Puts { get; init; } = [];

    /// <summary>The texts that change then, in this order.</summary>
    public required IReadOnlyList<TextChange> Texts { get; init; }

    /// <summary>The files of ours that are removed last.</summary>
    public IReadOnlyList<string> Removes { get; init; } = [];

    /// <summary>What has to be run by hand when texts changed.</summary>
    public required string NextStep { get; init; }

    /// <summary>What would be done.</summary>
    public HpcBatchHook Predict() => new()
    {
        Node = Host,
        System = nameof(Batch.Scheduler.Slurm),
        Role = nameof(HookRole.Controller),
        Changed = Puts.Count + Texts.Count + Removes.Count > 0,
        Changes =
        [
            .. Puts.Select(file => $"{file.Path}: put it, mode 0{file.Mode}"), .. Texts.Select(text => text.InWords),
            .. Removes.Select(file => $"{file}: remove it"),
        ],
        Diff = [.. Texts.SelectMany(text => text.Diff())],
        NextStep = Texts.Count > 0 ? NextStep : null,
    };

    /// <summary>Does it. Each text is written whole or not at all, and only over what was read.</summary>
    /// <param name="stamp">What the names of the old texts end in.</param>
    /// <param name="warn">Told of what could not be tried.</param>
    /// <exception cref="HpcException">
    /// <see cref="ErrorId.BatchConfigurationInvalid"/>: job_submit.lua would not be Lua; <see cref="ErrorId.NodeCommandFailed"/>.
    /// </exception>
    public async Task<HpcBatchHook> RunAsync(INodeConnection host, string stamp, Action<string> warn, CancellationToken cancellationToken)
    {
        var (files, texts) = (new HostFiles(host), new NodeFiles(host));
        await SlurmHookInstall.PutAsync(host, Puts, cancellationToken);
        var backups = new List<string>();
        foreach (var text in Texts)
        {
            if (text.Path.EndsWith(".lua", StringComparison.Ordinal) && text.After is not null)
            {
                await TryLuaAsync(host, text, warn, cancellationToken);
            }

            if (text.After is null)
            {
                await files.RemoveAsync([text.Path], pattern: null, cancellationToken);
                continue;
            }

            var backup = text.Before is null ? null : $"{text.Path}.pisahpc-{stamp}";
            await texts.PutAsync(text.Path, [text.BytesBefore], text.BytesAfter, backup, marker: null, cancellationToken);
            backups.AddRange(backup is null ? [] : [backup]);
        }

        if (Removes.Count > 0)
        {
            await files.RemoveAsync(Removes, pattern: null, cancellationToken);
        }

        return Predict() with { Backups = backups };
    }

    private static async Task TryLuaAsync(INodeConnection host, TextChange text, Action<string> warn, CancellationToken cancellationToken)
    {
        const int IsNotLua = 5;
        var result = await host.RunAsync(LuaCheck.Command(), text.BytesAfter, cancellationToken);
        if (result.ExitCode == IsNotLua)
        {
            throw new HpcException(
                ErrorId.BatchConfigurationInvalid,
                $"{text.Path} on {host.Node} would not be Lua, and slurmctld would not start with it: {Quote.Words(result.Error)}",
                text.Path,
                "Try the file as it stands with luac -p. It was not changed.");
        }

        if (result.Text.Length == 0)
        {
            warn($"{text.Path} was not tried: {host.Node} has no luac. Its blocks were counted, and that is all.");
        }
    }
}
