using System.Management.Automation;
using PisaHpc.Batch;
using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.HTCondor;
using PisaHpc.BatchHooks.Lsf;
using PisaHpc.BatchHooks.Slurm;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Nodes;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Has a batch system start and stop jobs' containers: hooks on every node first, then the batch system's configuration, into which they
/// are joined beside what the site has.
/// </summary>
[Cmdlet(VerbsLifecycle.Install, "HpcBatchHook", SupportsShouldProcess = true)]
[OutputType(typeof(HpcBatchHook))]
public sealed class InstallHpcBatchHookCommand : BatchHookCmdlet
{
    /// <summary>Where the programs are below the module: in a package, and in a checkout.</summary>
    private static readonly string[] PackagePlaces = ["hook", "bin/native", "out/hook", "out/native"];

    private int _declined;

    /// <summary>How long a prolog may be at the start of a job, in seconds.</summary>
    [Parameter]
    [ValidateRange(5, 3600)]
    public int DeadlineSec { get; set; } = 80;

    /// <summary>The directory of this machine that has pisahpc-hook and pisahpc-run, which every node gets.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProgramPath { get; set; }

    /// <summary>Has salloc's shell run in the container of a job that asks for one.</summary>
    [Parameter]
    public SwitchParameter InteractiveStep { get; set; }

    /// <summary>
    /// Changes the configuration also where nodes have not got the hooks: a prolog that is missing drains its node. With LSF the site's own
    /// pre- and post-executions may run as root, too, but none that a user names. With HTCondor a default keyword of the site's hooks
    /// stays.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>With -WhatIf: emits what would be done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override IReadOnlyList<string> ParametersOf(Scheduler system) =>
        system == Scheduler.Slurm ? [.. base.ParametersOf(system), nameof(InteractiveStep)] : base.ParametersOf(system);

    private SlurmHookRequest SlurmRequest => new()
    {
        Site = RequiredSite,
        Configuration = new SlurmConfRequest { Deadline = TimeSpan.FromSeconds(DeadlineSec), InteractiveStep = InteractiveStep },
        ConfigurationFile = SlurmConf,
    };

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        RequireParametersOfSystem();
        var plan = Kind == Scheduler.HTCondor ? HTCondorPlan() : await OnControllerAsync(PlanAsync);
        var failed = await OnNodesAsync(
            "Putting hooks", Phase.PutHooks, plan.Nodes, (node, stopping) => PutAsync(plan, node, stopping));
        var strangers = plan.Nodes.Except(NodesIn(plan.Nodes)).ToList();
        if (strangers.Count > 0)
        {
            Warn($"Not looked at: {HostList.Fold(strangers)}. {plan.WithoutHooks}");
        }

        if (failed > 0 && !Force)
        {
            throw Incomplete($"{Plural.Of(failed, "node")} failed");
        }

        if (await OnControllerAsync(plan.OnControllerAsync) is { } change)
        {
            await JoinAsync(change);
        }
    }

    private async Task JoinAsync(HostChange change)
    {
        var predicted = change.Predict();
        if (!predicted.Changed)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(predicted.Node, InWords("Join the hooks:", predicted)))
        {
            await ChangeAsync(change);
        }
        else if (PassThru)
        {
            Emit(predicted);
        }
    }

    private async Task<IHookInstall> PlanAsync(INodeConnection host, CancellationToken stopping)
    {
        var programs = ProgramsToBring().ToList();
        var lsf = LsfRequest with { Deadline = TimeSpan.FromSeconds(DeadlineSec), Programs = programs, IsForced = Force };
        return Kind == Scheduler.Lsf
            ? await LsfHookInstall.PlanAsync(host, lsf, Warn, stopping)
            : await SlurmHookInstall.PlanAsync(host, SlurmRequest with { Programs = programs }, stopping);
    }

    private HTCondorHookInstall HTCondorPlan() => new(HTCondorRequest with
    {
        Deadline = TimeSpan.FromSeconds(DeadlineSec),
        IsForced = Force,
        Brought = [.. ProgramsToBring()],
    });

    private async Task ChangeAsync(HostChange change)
    {
        if (_declined > 0 && !Force)
        {
            throw Incomplete($"{Plural.Of(_declined, "node")} did not get them");
        }

        var done = await Phase.ConfigureBatchSystem.RunAsync(
            () => OnControllerAsync((host, stopping) => change.RunAsync(host, Stamp(), Warn, stopping)), change.Host);
        if (done.NextStep is not null)
        {
            Warn($"Nothing was restarted. For it to take effect, on {done.Node}: {done.NextStep}.");
        }

        Emit(done);
    }

    private async Task PutAsync(IHookInstall plan, INodeConnection node, CancellationToken stopping)
    {
        HostChange change = null!;
        await FanOut.WithinAsync(node.Node, NodeTimeout, async limit => change = await plan.OnNodeAsync(node, limit), stopping);
        var predicted = change.Predict();
        if (!predicted.Changed)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(node.Node, InWords("Put the hooks:", predicted)))
        {
            await FanOut.WithinAsync(
                node.Node, NodeTimeout, async limit => predicted = await change.RunAsync(node, Stamp(), Warn, limit), stopping);
            Emit(predicted);
        }
        else
        {
            Interlocked.Increment(ref _declined);
            if (PassThru)
            {
                Emit(predicted);
            }
        }
    }

    private static HpcException Incomplete(string why) => new(
        ErrorId.BatchHookIncomplete,
        $"{why}, so that the batch system's configuration was not changed: its hooks would be missing there.");

    /// <summary>What this machine has of the programs: in the directory that is named, else where the module's packages put them.</summary>
    private IEnumerable<HookFile> ProgramsToBring()
    {
        (string Target, string[] Names)[] programs =
            [(HookPlace.Agent, ["pisahpc-agent"]), (HookPlace.Run, ["pisahpc-run", "pisahpc-agent"]), (HookPlace.Hook, ["pisahpc-hook"])];
        var module = MyInvocation.MyCommand.Module?.ModuleBase ?? "";
        string[] directories = ProgramPath is not null
            ? [GetUnresolvedProviderPathFromPSPath(ProgramPath)]
            : [.. PackagePlaces.Select(place => Path.Combine(module, place))];
        foreach (var (target, names) in programs)
        {
            var files = from directory in directories from name in names select Path.Combine(directory, name);
            if (files.FirstOrDefault(File.Exists) is { } found)
            {
                yield return new HookFile(target, File.ReadAllBytes(found), HookFile.Executable);
            }
        }
    }
}
