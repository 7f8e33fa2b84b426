using System.Collections.Concurrent;
using System.Management.Automation;
using PisaHpc.Batch;
using PisaHpc.Module.Base;
using PisaHpc.Module.Completion;
using PisaHpc.Preflight;
using PisaHpc.Sites;
using PisaHpc.Tracing;

namespace PisaHpc.Module.Commands;

/// <summary>
/// Checks whether nodes are fit for the site's environments: one object for each check, with what was found and what to do.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "HpcNode")]
[OutputType(typeof(HpcNodeCheck), typeof(HpcNodeCheckGroup), typeof(HpcNodeCheckSummary))]
public sealed class TestHpcNodeCommand : NodeListCmdlet
{
    private readonly ConcurrentQueue<HpcNodeCheck> _checks = new();
    private PreflightRequest? _request;

    /// <summary>Only these checks, by name or pattern.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeCheckCompleter))]
    public string[] Check { get; set; } = ["*"];

    /// <summary>The environments whose jobs the nodes should run, by name, alias or pattern; all of the site's without it.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnvironmentCompleter))]
    public string[] Environment { get; set; } = ["*"];

    /// <summary>Users who have to be the same there as here, in place of the site's.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AccountCompleter))]
    public string[]? User { get; set; }

    /// <summary>Writes an error for each node that has a check as bad as this, or worse.</summary>
    [Parameter]
    [ValidateSet(nameof(CheckResult.Warning), nameof(CheckResult.Failed))]
    public string? FailOn { get; set; }

    /// <summary>Writes one object in place of the checks: a status, an exit code and a line as monitoring systems take them.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>Leaves out the checks that passed, and those that do not apply.</summary>
    [Parameter]
    public SwitchParameter OnlyProblems { get; set; }

    /// <summary>Writes one object for the nodes on which a check came out the same, when all nodes have been checked.</summary>
    [Parameter]
    public SwitchParameter Fold { get; set; }

    /// <summary>A node that hangs is found by a check, and must not hold the others up.</summary>
    private protected override int UsualTimeoutSec => 120;

    private PreflightRequest Request => _request ??= new PreflightRequest
    {
        Site = SiteDefinition,
        Environments =
        [
            .. EnvironmentsMeant().Select(name => EnvironmentResolver.Resolve(SiteDefinition, name, null, EnvironmentLayer.Empty)),
        ],
        Users = UsersMeant().Distinct(StringComparer.Ordinal).ToDictionary(name => name, Here),
        Checks = ChecksMeant(),
    };

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        RefuseTogether(nameof(Fold), nameof(Summary));
        RefuseBeside(nameof(Unordered), nameof(Fold), nameof(Summary));
        RefuseTogether(nameof(OnlyProblems), nameof(Summary));
        _ = Request;
        await OnEachAsync(Cluster with { Failed = Missed }, "Checking nodes", Phase.CheckNode, NodesMeant(), CheckAsync);
        if (Summary)
        {
            Emit(HpcNodeCheckSummary.Of(_checks));
        }
        else if (Fold)
        {
            EmitAll(HpcNodeCheckGroup.Of(InOrder(_checks.Where(IsShown), check => check.Node)));
        }
    }

    private async Task CheckAsync(string node, CancellationToken stopping) =>
        Found(node, await NodePreflight.RunAsync(Cluster, node, Request, TimeProvider.System, stopping));

    private void Missed(NodeFailure failure)
    {
        if (failure.Cause is HpcException known)
        {
            Found(failure.Node, [NodePreflight.Unreachable(failure.Node, known)]);
        }
        else
        {
            ReportNode(failure);
        }
    }

    private void Found(string node, IReadOnlyList<HpcNodeCheck> checks)
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
            ReportNode(node, ErrorId.NodeCheckFailed, $"Node {node} is not fit: {string.Join("; ", bad)}.");
        }
    }

    private bool IsShown(HpcNodeCheck check) => !OnlyProblems || check.IsProblem;

    private bool IsAsBadAsFailOn(HpcNodeCheck check) =>
        FailOn is not null && Enum.Parse<CheckResult>(check.Result) >= Enum.Parse<CheckResult>(FailOn, ignoreCase: true);

    private List<INodeCheck> ChecksMeant()
    {
        var isMeant = CheckNames.Meant(Check, NodeChecks.All.Select(check => check.Name));
        return [.. NodeChecks.All.Where(check => isMeant(check.Name))];
    }

    /// <summary>A site without environments has none to check for; a pattern that means none of them is a mistake.</summary>
    private IEnumerable<string> EnvironmentsMeant()
    {
        foreach (var name in Environment.Where(name => name != "*" && !EnvironmentsOf(name).Any()))
        {
            throw new HpcException(
                ErrorId.EnvironmentNotFound,
                $"No environment of the site has a name or alias like {Quote.Of(name)}.",
                name);
        }

        return Environment.SelectMany(EnvironmentsOf)
            .Select(name => EnvironmentResolver.NameOf(SiteDefinition, name))
            .Distinct(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The site's users are compared with this machine's, which only a host of the cluster has.</summary>
    private IReadOnlyList<string> UsersMeant() => User ?? (OperatingSystem.IsLinux() ? SiteDefinition.Preflight.Users : []);

    private static JobOwner? Here(string name)
    {
        try
        {
            return JobOwners.ByName(name);
        }
        catch (HpcException failure) when (failure.Id == ErrorId.UserNotFound)
        {
            return null;
        }
    }
}
