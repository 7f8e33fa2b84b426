using System.Collections.Concurrent;
using System.Management.Automation;
using System.Reflection;
using PisaHpc.Batch;
using PisaHpc.BatchHooks;
using PisaHpc.BatchHooks.HTCondor;
using PisaHpc.BatchHooks.Lsf;
using PisaHpc.BatchHooks.Slurm;
using PisaHpc.HostLists;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Nodes;
using PisaHpc.Preflight;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Looks over the hooks by which a batch system starts and stops jobs' containers: files and modes on every node, and what of the batch
/// system's configuration keeps them from their work or could do harm.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "HpcBatchHook")]
[OutputType(typeof(HpcNodeCheck), typeof(HpcNodeCheckGroup), typeof(HpcNodeCheckSummary))]
public sealed class TestHpcBatchHookCommand : BatchHookCmdlet
{
    private readonly ConcurrentQueue<HpcNodeCheck> _checks = new();
    private readonly ConcurrentQueue<TimeSpan> _deadlines = new();

    /// <summary>Only these checks, by name or pattern.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HookCheckCompleter))]
    public string[] Check { get; set; } = ["*"];

    /// <summary>Writes an error for each host that has a check as bad as this, or worse.</summary>
    [Parameter]
    [ValidateSet(nameof(CheckResult.Warning), nameof(CheckResult.Failed))]
    public string? FailOn { get; set; }

    /// <summary>Writes one object in place of the checks: a status, an exit code and a line as monitoring systems take them.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>Leaves out the checks that passed, and those that do not apply.</summary>
    [Parameter]
    public SwitchParameter OnlyProblems { get; set; }

    /// <summary>Writes one object for the hosts on which a check came out the same, when all have been looked at.</summary>
    [Parameter]
    public SwitchParameter Fold { get; set; }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        RefuseTogether(nameof(Fold), nameof(Summary));
        RefuseTogether(nameof(OnlyProblems), nameof(Summary));
        RequireParametersOfSystem();
        var meant = ChecksMeant();
        var definition = ReadSite(RequiredSite.Path!);
        IHookExamination examination = Kind == Scheduler.HTCondor
            ? new HTCondorHookExamination(HTCondorRequest, definition, Version)
            : await OnControllerAsync((host, stopping) => BeginAsync(host, definition, stopping));
        await OnNodesAsync("Checking hooks", Phase.CheckNode, examination.Nodes, async (node, stopping) =>
            await FanOut.WithinAsync(node.Node, NodeTimeout, async limit =>
            {
                var (checks, deadline) = await examination.OfNodeAsync(node, Cluster.Engines, meant, TimeProvider.System, limit);
                if (deadline is { } known)
                {
                    _deadlines.Enqueue(known);
                }

                Found(node.Node, checks);
            }, stopping));
        var longest = _deadlines.IsEmpty ? (TimeSpan?)null : _deadlines.Max();
        var ofController = examination.OfController(meant, longest);
        Found(ofController is [var first, ..] ? first.Node : ControllerName, ofController);
        if (Summary)
        {
            Emit(HpcNodeCheckSummary.Of(_checks));
        }
        else if (Fold)
        {
            var shown = _checks.Where(IsShown).ToLookup(check => check.Node);
            EmitAll(HpcNodeCheckGroup.Of(HostList.SortFound(shown.Select(host => host.Key)).SelectMany(host => shown[host])));
        }
    }

    private static string Version => typeof(TestHpcBatchHookCommand).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private async Task<IHookExamination> BeginAsync(INodeConnection host, byte[]? definition, CancellationToken stopping) =>
        Kind == Scheduler.Lsf
            ? await LsfHookExamination.BeginAsync(host, LsfRequest, definition, Version, stopping)
            : await SlurmHookExamination.BeginAsync(host, RequiredSite, SlurmConf, definition, Version, stopping);

    private static byte[]? ReadSite(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Found(string host, IReadOnlyList<HpcNodeCheck> checks)
    {
        foreach (var check in checks)
        {
            _checks.Enqueue(check);
        }

        if (!Summary && !Fold)
        {
            EmitAll(checks.Where(IsShown));
        }

        var bad = checks.Where(IsAsBadAsFailOn).Select(check => $"{check.Check} {check.Result} ({check.Evidence})").ToList();
        if (bad.Count > 0)
        {
            ReportNode(host, ErrorId.NodeCheckFailed, $"The hooks of {host} are not fit: {string.Join("; ", bad)}.");
        }
    }

    private bool IsShown(HpcNodeCheck check) => !OnlyProblems || check.IsProblem;

    private bool IsAsBadAsFailOn(HpcNodeCheck check) =>
        FailOn is not null && Enum.Parse<CheckResult>(check.Result) >= Enum.Parse<CheckResult>(FailOn, ignoreCase: true);

    private Func<string, bool> ChecksMeant() => CheckNames.Meant(Check, Kind switch
    {
        Scheduler.Lsf => LsfHookChecks.Names,
        Scheduler.HTCondor => HTCondorHookChecks.Names,
        _ => SlurmHookChecks.Names,
    });
}
