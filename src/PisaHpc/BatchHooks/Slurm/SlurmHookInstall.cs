using PisaHpc.Nodes;
using PisaHpc.Sites;

namespace PisaHpc.BatchHooks.Slurm;

/// <summary>
/// Puts Slurm's hooks in place: first the files on every node, then what the controller reads, its configuration last. So neither slurmd
/// nor slurmctld ever meets a name without its file, however this ends.
/// </summary>
internal sealed class SlurmHookInstall : IHookInstall
{
    private static readonly NodeScript LuaCheck = NodeScript.Of("BatchHooks/Slurm/lua-check.sh");

    private readonly HpcSite _site;
    private readonly SlurmHooks _hooks;
    private readonly SlurmConfPlan _configuration;

    /// <summary>The files of every node, in the order in which they are put there: who is called comes last.</summary>
    private readonly IReadOnlyList<HookFile> _files;

    private SlurmHookInstall(HpcSite site, SlurmHooks hooks, SlurmConfPlan configuration, IReadOnlyList<HookFile> files) =>
        (_site, _hooks, _configuration, _files) = (site, hooks, configuration, files);

    /// <inheritdoc/>
    public IReadOnlyList<string> Nodes => _hooks.Nodes;

    /// <inheritdoc/>
    public string WithoutHooks => "Slurm drains a node whose prolog is missing.";

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

    /// <inheritdoc/>
    public async Task<HostChange> OnNodeAsync(INodeConnection node, CancellationToken cancellationToken)
    {
        await HookPlace.RequireProgramsAsync(node, _files, cancellationToken);
        return new HostChange
        {
            Host = node.Node,
            System = Batch.Scheduler.Slurm,
            Role = HookRole.Node,
            Puts = await new HostFiles(node).DifferentAsync(_files, cancellationToken),
        };
    }

    /// <inheritdoc/>
    public async Task<HostChange?> OnControllerAsync(INodeConnection host, CancellationToken cancellationToken)
    {
        HookFile[] files =
        [
            new(_hooks.NamesFile, HookFiles.Names(_site), HookFile.Readable), new(_hooks.LuaFile, HookFiles.Lua, HookFile.Readable),
        ];
        var keys = _configuration.Keys;
        return new HostChange
        {
            Host = _hooks.Controller.Host,
            System = Batch.Scheduler.Slurm,
            Role = HookRole.Controller,
            Puts = await new HostFiles(host).DifferentAsync(files, cancellationToken),
            Texts =
            [
                .. new[] { _hooks.JobSubmitJoined() }.Where(change => change.Changes), .. _hooks.ConfigurationChanges(_configuration.Files),
            ],
            NextStep = keys.Contains(SlurmConfPlan.NeedsRestart)
                ? $"restart slurmctld and every slurmd, which {SlurmConfPlan.NeedsRestart} needs; jobs go on"
                : "scontrol reconfigure",
            TryAsync = TryLuaAsync,
        };
    }

    /// <summary>Tries a job_submit.lua: slurmctld does not start with one that is no Lua.</summary>
    /// <exception cref="HpcException"><see cref="ErrorId.BatchConfigurationInvalid"/>.</exception>
    internal static async Task TryLuaAsync(
        INodeConnection host, TextChange text, Action<string> warn, CancellationToken cancellationToken)
    {
        const int IsNotLua = 5;
        if (!text.Path.EndsWith(".lua", StringComparison.Ordinal))
        {
            return;
        }

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
