using System.Globalization;
using System.Management.Automation;
using PisaHpc.BatchHooks;
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

    /// <summary>Changes the configuration also where nodes have not got the hooks: a prolog that is missing drains its node.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>With -WhatIf: emits what would be done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private SlurmHookRequest Request => new()
    {
        Site = RequiredSite,
        Configuration = new SlurmConfRequest { Deadline = TimeSpan.FromSeconds(DeadlineSec), InteractiveStep = InteractiveStep },
        ConfigurationFile = SlurmConf,
        Programs = [.. ProgramsToBring()],
    };

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var request = Request;
        var plan = await OnControllerAsync((host, stopping) => SlurmHookInstall.PlanAsync(host, request, stopping));
        var failed = await OnNodesAsync(
            "Putting hooks", Phase.PutHooks, plan.Nodes, (node, stopping) => PutAsync(plan, node, stopping));
        var strangers = plan.Nodes.Except(NodesIn(plan.Nodes)).ToList();
        if (strangers.Count > 0)
        {
            Warn($"Not looked at: {HostList.Fold(strangers)}. Slurm drains a node whose prolog is missing.");
        }

        if (failed > 0 && !Force)
        {
            throw Incomplete($"{Plural.Of(failed, "node")} failed");
        }

        var change = await OnControllerAsync(plan.OnControllerAsync);
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

    private async Task ChangeAsync(ControllerChange change)
    {
        if (_declined > 0 && !Force)
        {
            throw Incomplete($"{Plural.Of(_declined, "node")} did not get them");
        }

        var stamp = DateTimeOffset.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var done = await Phase.ConfigureBatchSystem.RunAsync(
            () => OnControllerAsync((host, stopping) => change.RunAsync(host, stamp, Warn, stopping)), change.Host);
        if (done.NextStep is not null)
        {
            Warn($"Nothing was restarted. For it to take effect, on {done.Node}: {done.NextStep}.");
        }

        Emit(done);
    }

    private async Task PutAsync(SlurmHookInstall plan, INodeConnection node, CancellationToken stopping)
    {
        IReadOnlyList<HookFile> missing = [];
        await FanOut.WithinAsync(node.Node, NodeTimeout, async limit => missing = await plan.MissingAsync(node, limit), stopping);
        var predicted = SlurmHookInstall.OfNode(node.Node, missing);
        if (missing.Count == 0)
        {
            Emit(predicted);
        }
        else if (await ShouldProcessAsync(node.Node, InWords("Put the hooks:", predicted)))
        {
            await FanOut.WithinAsync(node.Node, NodeTimeout, limit => SlurmHookInstall.PutAsync(node, missing, limit), stopping);
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

    private static string InWords(string head, HpcBatchHook change) => string.Join('\n', [head, .. change.Changes, .. change.Diff]);

    private static HpcException Incomplete(string why) => new(
        ErrorId.BatchHookIncomplete,
        $"{why}, so that the batch system's configuration was not changed: its prolog would be missing there.");

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
